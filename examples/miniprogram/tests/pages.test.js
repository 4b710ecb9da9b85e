const assert = require('node:assert/strict');
const { test } = require('node:test');
const createPage = require('./page');
const { tabBar: { list } } = require('../app/app.json');
const theme = require('../app/theme.json');
const project = require('../project.config.json');

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
  for (const { pagePath } of list) {
    const { navigationBarTitleText, usingComponents, ...rest } = require(`../app/${pagePath}.json`);
    assert.deepEqual(rest, { enablePullDownRefresh: true }, pagePath);
  }
});

test('what takes two words only has one of them', () => {
  for (const { text, pulling } of Object.values(theme)) {
    assert.ok(['black', 'white'].includes(text)); // navigationBarTextStyle and borderStyle
    assert.equal(pulling, { black: 'dark', white: 'light' }[text]); // backgroundTextStyle, of the same darkness
  }
});

test('WeChat\'s tools let it ask a service that is not registered, as one on this machine', () => {
  assert.equal(project.setting.urlCheck, false);
});
