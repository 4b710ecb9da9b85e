const assert = require('node:assert/strict');
const { test } = require('node:test');
const createPage = require('./page');
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

test('WeChat\'s tools let it ask a service that is not registered, as one on this machine', () => {
  assert.equal(project.setting.urlCheck, false);
});
