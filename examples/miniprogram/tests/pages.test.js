const assert = require('node:assert/strict');
const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const createPage = require('./page');
const app = require('../app/app.json');
const theme = require('../app/theme.json');
const project = require('../project.config.json');

const folder = path.join(__dirname, '..', 'app');

for (const [name, line] of [['clockin', 'GET /api/clockin'], ['guard', 'GET /api/guardians'], ['wards', 'GET /api/wards']]) {
  test(`the page ${name} is read when it is shown, and anew when it is pulled down`, async () => {
    const { page, pullDown, next } = createPage(name);

    page.onShow();
    (await next(line)).refuse('读取失败');
    pullDown();
    await next(line);
  });
}

test('pages are set up alike, and can be scrolled', () => {
  for (const { pagePath } of app.tabBar.list) {
    const { navigationBarTitleText, usingComponents, ...rest } = require(`../app/${pagePath}.json`);
    assert.deepEqual(rest, { enablePullDownRefresh: true }, pagePath);
  }
});

test('the mini-program has the bars that WeChat draws', () => {
  const { pages, window, tabBar, darkmode, ...rest } = app;
  assert.deepEqual(Object.keys(window), [
    'navigationBarTitleText', 'navigationBarBackgroundColor', 'navigationBarTextStyle', 'backgroundColor', 'backgroundTextStyle',
  ]);
  assert.deepEqual(Object.keys(tabBar), ['color', 'selectedColor', 'backgroundColor', 'borderStyle', 'list']);
  assert.deepEqual(rest, { themeLocation: 'theme.json', lazyCodeLoading: 'requiredComponents', style: 'v2' });
});

test('styles are of what phones of the last years know', () => {
  for (const file of readdirSync(folder, { recursive: true }).filter(name => name.endsWith('.wxss'))) {
    assert.doesNotMatch(readFileSync(path.join(folder, file), 'utf8'), /light-dark\(|color-mix\(|:has\(|@container|@layer|&|\d *[<>]/, file);
  }
});

test('what takes two words only has one of them, by day and by night', () => {
  const { navigationBarTextStyle, backgroundTextStyle } = app.window;
  for (const [style, light, dark] of [
    [navigationBarTextStyle, 'black', 'white'], [app.tabBar.borderStyle, 'black', 'white'], [backgroundTextStyle, 'dark', 'light'],
  ]) {
    assert.deepEqual([theme.light, theme.dark].map(colours => colours[style.slice(1)]), [light, dark]);
  }
});

test('what a button looks like is told: without WeChat\'s hairline, and under the finger', () => {
  for (const file of readdirSync(folder, { recursive: true }).filter(name => name.endsWith('.wxml'))) {
    // A component has nothing of the styles of the app.
    const styles = readFileSync(path.join(folder, file.startsWith('components') ? file.replace('.wxml', '.wxss') : 'app.wxss'), 'utf8');
    const markup = readFileSync(path.join(folder, file), 'utf8');
    if (markup.includes('<button')) assert.match(styles, /^\.\w+ \.?\w+::after \{\s+border: 0;/m, file);
    for (const [, name] of markup.matchAll(/hover-class="([^"]+)"/g)) assert.match(styles, new RegExp(`\\.${name}\\b`), file);
  }
});

test('WeChat\'s tools find it, and let it ask a service that is not registered, as one on this machine', () => {
  assert.equal(path.resolve(__dirname, '..', project.miniprogramRoot), folder);
  assert.equal(project.setting.urlCheck, false);
});
