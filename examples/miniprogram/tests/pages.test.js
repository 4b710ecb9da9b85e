const { test } = require('node:test');
const createPage = require('./page');

for (const [name, line] of [['clockin', 'GET /api/clockin'], ['guard', 'GET /api/guardians'], ['wards', 'GET /api/wards']]) {
  test(`the page ${name} is read when it is shown, and anew when it is pulled down`, async () => {
    const { page, pullDown, next } = createPage(name);

    page.onShow();
    (await next(line)).refuse('读取失败');
    pullDown();
    await next(line);
  });
}
