const attempts = require('../../attempts');
const { request } = require('../../request');
const { timeOf } = require('../../time');

/**
 * @typedef {object} Today As the service tells it: its day counts, not the phone's.
 * @property {string} day 2026-11-24
 * @property {number | null} clockedInAt unix seconds
 * @property {number} streak
 * @property {number} missedDays
 */

Page({
  ...attempts,

  data: {
    ...attempts.data,
    today: /** @type {Today | null} */ (null), // until the service has answered
    date: '',
    time: '',
    headline: '',
    month: '', // the calendar's, 2026-11
    days: /** @type {string[]} */ ([]), // with a clock-in, in that month
  },

  /** How often a month was asked for. Only the last answer counts. */
  turns: 0,

  load: () => request('/api/clockin'),

  /** @param {Today} today */
  show(today) {
    this.showToday(today);
    return this.showMonth(today.day.slice(0, 7));
  },

  clockIn() {
    return this.change(async () => this.showToday(await request('/api/clockin', { method: 'POST' })));
  },

  erase() {
    const question = {
      title: '删除我的数据？',
      content: '打卡记录、守护关系和邀请会全部删除，无法恢复。',
      confirmText: '删除',
    };
    this.confirm(question, async () => {
      await request('/api/user', { method: 'DELETE' });
      this.setData({ days: [] });
      await this.show(await this.load());
      wx.showToast({ title: '已删除' });
    });
  },

  changeMonth({ detail }) {
    return this.showMonth(detail.month);
  },

  /** @param {Today} today */
  showToday(today) {
    this.setData({
      today,
      date: dateOf(today.day),
      time: today.clockedInAt ? timeOf(today.clockedInAt) : '',
      headline: headlineOf(today),
    });
  },

  /** @param {string} month */
  async showMonth(month) {
    const turn = this.turns += 1;
    if (month !== this.data.month) this.setData({ month, days: [] });
    await this.attempt(
      async () => {
        const clockIns = await request(`/api/clockin/days?month=${month}`);
        if (turn === this.turns) this.setData({ days: clockIns.map(({ day }) => day) });
      },
      () => this.showMonth(this.data.month));
  },
});

/** @param {Today} today */
function headlineOf({ clockedInAt, streak, missedDays }) {
  if (clockedInAt) return '今天已报平安';
  if (missedDays) return `你已经 ${missedDays} 天没打卡了`;
  return streak ? '今天还没打卡' : '从今天开始打卡吧';
}

/** 2026-11-24 as 11月24日 星期二. */
function dateOf(day) {
  const [, month, date] = day.split('-').map(Number);
  return `${month}月${date}日 星期${'日一二三四五六'[new Date(day).getUTCDay()]}`;
}
