const assert = require('node:assert/strict');
const { test } = require('node:test');

require('./phone')('Asia/Shanghai');

let definition;
globalThis.Component = given => { definition = given; };
require('../app/components/calendar/calendar');

/** The component as WeChat would hold it, once its properties are set. */
function show({ month, today = '2026-11-24', days = [], hasToday = false }) {
  const calendar = {
    ...definition.methods,
    data: { month },
    asked: [],
    setData(changes) { Object.assign(this.data, changes); },
    triggerEvent(name, detail) { this.asked.push({ name, detail }); },
  };
  Object.values(definition.observers)[0].call(calendar, month, today, days, hasToday);
  return calendar;
}

const emptyCells = ({ data }) => data.cells.filter(cell => !cell.text).length;
const length = ({ data }) => data.cells.filter(cell => cell.text).length;
const label = ({ data }, text) => data.cells.find(cell => cell.text === text).label;

test('weeks begin on Monday', () => {
  assert.equal(emptyCells(show({ month: '2026-06' })), 0); // 1 June 2026 is a Monday
  assert.equal(emptyCells(show({ month: '2026-11' })), 6); // 1 November 2026 is a Sunday
});

test('months are as long as they are', () => {
  for (const [month, days] of [['2026-02', 28], ['2028-02', 29], ['2100-02', 28], ['2026-11', 30], ['2026-12', 31]]) {
    assert.equal(length(show({ month })), days, month);
  }
});

test('days with a clock-in are marked, counted and read aloud', () => {
  const calendar = show({ month: '2026-11', days: ['2026-11-01', '2026-11-23'], hasToday: true });

  assert.equal(calendar.data.count, 3);
  assert.equal(label(calendar, '1'), '11月1日，已打卡');
  assert.equal(label(calendar, '2'), '11月2日');
  assert.equal(label(calendar, '24'), '11月24日，今天，已打卡');
});

test('a clock-in of today belongs to no other month', () => {
  assert.equal(show({ month: '2026-10', days: ['2026-10-31'], hasToday: true }).data.count, 1);
});

test('days to come, today and days with a clock-in look different', () => {
  const { data } = show({ month: '2026-11', days: ['2026-11-23'] });
  const looks = data.cells.filter(({ text }) => Number(text) >= 22).map(({ look }) => look);

  assert.deepEqual(looks.slice(0, 5), ['', 'is-marked', 'is-today', 'is-future', 'is-future']);
});

test('the months before and after are asked for, over the end of a year too', () => {
  const january = show({ month: '2026-01' });
  january.previous();
  january.next();
  const december = show({ month: '2025-12' });
  december.next();

  assert.deepEqual(january.asked, [
    { name: 'change', detail: { month: '2025-12' } },
    { name: 'change', detail: { month: '2026-02' } },
  ]);
  assert.deepEqual(december.asked, [{ name: 'change', detail: { month: '2026-01' } }]);
});

test('no month follows that of today', () => {
  assert.equal(show({ month: '2026-11' }).data.isLast, true);
  assert.equal(show({ month: '2026-10' }).data.isLast, false);
});
