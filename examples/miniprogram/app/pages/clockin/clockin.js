const { request } = require('../../request');

/**
 * @typedef {object} Today As the service tells it: its day counts, not the phone's.
 * @property {string} day 2026-11-24
 * @property {number | null} clockedInAt unix seconds
 * @property {number} streak
 * @property {number} missedDays
 */

Page({
  data: {
    today: /** @type {Today | null} */ (null), // until the service has answered
    date: '',
    time: '',
    headline: '',
    month: '', // the calendar's, 2026-11
    days: /** @type {string[]} */ ([]), // with a clock-in, in that month
    isBusy: false, // while something is being changed
    error: '',
  },

  /** How often something was changed. What was asked for before is out of date then. */
  changes: 0,

  /** How often a month was asked for. Only the last answer counts. */
  turns: 0,

  /** Does once more what has failed. */
  again: () => Promise.resolve(),

  onShow() {
    return this.read();
  },

  async onPullDownRefresh() {
    await this.read();
    wx.stopPullDownRefresh();
  },

  retry() {
    return this.again();
  },

  async read() {
    if (this.data.isBusy) return; // and will be shown what is so afterwards
    const { changes } = this;
    await this.attempt(async () => {
      const today = await request('/api/clockin');
      if (changes === this.changes) await this.start(today);
    });
  },

  clockIn() {
    return this.change(async () => this.show(await request('/api/clockin', { method: 'POST' })));
  },

  erase() {
    wx.showModal({
      title: '删除我的数据？',
      content: '打卡记录会全部删除，无法恢复。',
      confirmText: '删除',
      success: ({ confirm }) => confirm && this.change(async () => {
        await request('/api/user', { method: 'DELETE' });
        this.setData({ days: [] });
        await this.start(await request('/api/clockin'));
        wx.showToast({ title: '已删除' });
      }),
    });
  },

  changeMonth({ detail }) {
    return this.showMonth(detail.month);
  },

  /** @param {Today} today */
  start(today) {
    this.show(today);
    return this.showMonth(today.day.slice(0, 7));
  },

  /** @param {Today} today */
  show(today) {
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

  /** One change at a time, and the user sees that it is under way. */
  async change(work) {
    if (this.data.isBusy) return;
    this.changes += 1;
    this.setData({ isBusy: true });
    try {
      await this.attempt(work, () => this.change(work));
    } finally {
      this.setData({ isBusy: false });
    }
  },

  /** Tells the user when it fails, and offers to do it again. */
  async attempt(work, again = () => this.attempt(work)) {
    this.setData({ error: '' });
    try {
      await work();
    } catch (error) {
      this.again = again;
      this.setData({ error: error.message });
    }
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

/** The time of day in China, wherever the phone is. */
function timeOf(seconds) {
  return new Date((seconds + 8 * 3600) * 1000).toISOString().slice(11, 16);
}
