const assert = require('node:assert/strict');
const { beforeEach, test } = require('node:test');
const createPage = require('./page');

let page, asked, settle, next, decide;

const TODAY = { day: '2026-11-24', clockedInAt: null, streak: 12, missedDays: 0 };
const DONE = { day: '2026-11-24', clockedInAt: 1795478400, streak: 13, missedDays: 0 };

beforeEach(() => {
  ({ page, asked, settle, next, decide } = createPage('clockin'));
});

async function open(today = TODAY, days = []) {
  page.onShow();
  (await next('GET /api/clockin')).answer(today);
  (await next(`GET /api/clockin/days?month=${today.day.slice(0, 7)}`)).answer(days.map(day => ({ day, clockedInAt: 1 })));
  await settle();
}

test('the page shows today and its month as the service tells them', async () => {
  await open(TODAY, ['2026-11-22', '2026-11-23']);

  const { date, time, headline, month, days, error } = page.data;
  assert.deepEqual({ date, time, headline, month, days, error }, {
    date: '11月24日 星期二', time: '', headline: '今天还没打卡',
    month: '2026-11', days: ['2026-11-22', '2026-11-23'], error: '',
  });
});

test('each day of the week has its name', async () => {
  const names = [];
  for (let day = 22; day <= 28; day++) {
    await open({ ...TODAY, day: `2026-11-${day}` });
    names.push(page.data.date.slice(-1));
  }

  assert.equal(names.join(''), '日一二三四五六');
});

test('a clock-in shows its time in China', async () => {
  await open();

  page.clockIn();
  assert.equal(page.data.isBusy, true);
  (await next('POST /api/clockin')).answer({ ...DONE, clockedInAt: Date.parse('2026-11-24T08:05:59+08:00') / 1000 });
  await settle();

  assert.deepEqual([page.data.time, page.data.headline, page.data.isBusy], ['08:05', '今天已报平安', false]);
});

test('two taps in a row are one', async () => {
  await open();

  page.clockIn();
  page.clockIn();

  await next('POST /api/clockin');
  assert.equal(asked.length, 0);
});

test('what was read before a clock-in does not undo it', async () => {
  await open();

  page.onShow();
  const read = await next('GET /api/clockin');
  page.clockIn();
  (await next('POST /api/clockin')).answer(DONE);
  await settle();
  read.answer(TODAY);
  const readAgain = await next('GET /api/clockin');

  assert.equal(page.data.today.streak, 13);
  readAgain.answer({ ...DONE, streak: 14 });
  await settle();
  assert.equal(page.data.today.streak, 14);
});

test('what is asked for while a clock-in is under way is read afterwards', async () => {
  await open();

  page.clockIn();
  page.onShow();

  const clockIn = await next('POST /api/clockin');
  assert.equal(asked.length, 0);
  clockIn.answer(DONE);
  (await next('GET /api/clockin')).answer({ ...DONE, streak: 14 });
  await settle();
  assert.equal(page.data.today.streak, 14);
});

test('a clock-in that fails is told, and done once more on demand', async () => {
  await open();

  page.clockIn();
  (await next('POST /api/clockin')).fail();
  await settle();
  assert.deepEqual([page.data.error, page.data.isBusy, page.data.time], ['网络连接不上，请稍后重试', false, '']);

  page.retry();
  assert.equal(page.data.isBusy, true);
  (await next('POST /api/clockin')).answer(DONE);
  await settle();
  assert.deepEqual([page.data.error, page.data.today], ['', DONE]);
});

test('a refusal is told in the words of the service', async () => {
  page.onShow();
  (await next('GET /api/clockin')).refuse('用户标识无效');
  await settle();
  assert.deepEqual([page.data.error, page.data.today], ['用户标识无效', null]);

  page.retry();
  (await next('GET /api/clockin')).answer(TODAY);
  await settle();
  assert.deepEqual([page.data.error, page.data.today], ['', TODAY]);
});

test('of several months asked for in haste the last is shown, whichever answers last', async () => {
  await open();

  page.changeMonth({ detail: { month: '2026-10' } });
  const october = await next('GET /api/clockin/days?month=2026-10');
  page.changeMonth({ detail: { month: '2026-09' } });
  (await next('GET /api/clockin/days?month=2026-09')).answer([{ day: '2026-09-09' }]);
  await settle();
  october.answer([{ day: '2026-10-10' }]);
  await settle();

  assert.deepEqual([page.data.month, page.data.days], ['2026-09', ['2026-09-09']]);
});

test('who comes back goes on seeing the month while it is read anew, and when that fails', async () => {
  await open(TODAY, ['2026-11-23']);

  page.onShow();
  (await next('GET /api/clockin')).answer(TODAY);
  const month = await next('GET /api/clockin/days?month=2026-11');
  assert.deepEqual(page.data.days, ['2026-11-23']);
  month.fail();
  await settle();

  assert.deepEqual(page.data.days, ['2026-11-23']);
});

test('what is tried again is the month that is shown by then', async () => {
  await open();

  page.changeMonth({ detail: { month: '2026-10' } });
  (await next('GET /api/clockin/days?month=2026-10')).fail();
  await settle();
  page.changeMonth({ detail: { month: '2026-09' } });
  await next('GET /api/clockin/days?month=2026-09');
  page.retry();
  await next('GET /api/clockin/days?month=2026-09');
});

test('a month that cannot be read is tried again on demand', async () => {
  await open();

  page.changeMonth({ detail: { month: '2026-10' } });
  (await next('GET /api/clockin/days?month=2026-10')).fail();
  await settle();
  assert.equal(page.data.error, '网络连接不上，请稍后重试');

  page.retry();
  (await next('GET /api/clockin/days?month=2026-10')).answer([{ day: '2026-10-10' }]);
  await settle();
  assert.deepEqual([page.data.error, page.data.days], ['', ['2026-10-10']]);
});

test('the data are erased once the user has confirmed it, and the page starts anew', async () => {
  await open(DONE, ['2026-11-24']);

  page.erase();
  await decide(false);
  assert.equal(asked.length, 0);

  page.erase();
  await decide(true);
  (await next('DELETE /api/user')).answer(null);
  (await next('GET /api/clockin')).answer({ ...TODAY, streak: 0 });
  assert.deepEqual(page.data.days, []);
  (await next('GET /api/clockin/days?month=2026-11')).answer([]);
  await settle();

  assert.deepEqual([page.data.time, page.data.headline, page.data.isBusy], ['', '从今天开始打卡吧', false]);
});

test('the headline says what is next', async () => {
  for (const [today, headline] of [
    [{ ...TODAY, streak: 0, missedDays: 2 }, '你已经 2 天没打卡了'],
    [{ ...TODAY, streak: 0, missedDays: 1 }, '你已经 1 天没打卡了'],
    [{ ...TODAY, streak: 0, missedDays: 0 }, '从今天开始打卡吧'],
    [TODAY, '今天还没打卡'],
    [DONE, '今天已报平安'],
  ]) {
    await open(today);
    assert.equal(page.data.headline, headline);
  }
});

test('the page follows the day of the service over midnight, and its month', async () => {
  await open({ ...DONE, day: '2026-11-30' });
  await open({ ...TODAY, day: '2026-12-01' });

  assert.deepEqual([page.data.date, page.data.time, page.data.month], ['12月1日 星期二', '', '2026-12']);
});
