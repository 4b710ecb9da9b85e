const attempts = require('../../attempts');
const { request } = require('../../request');
const { momentOf, timeOf } = require('../../time');

/**
 * @typedef {object} Ward
 * @property {string} id
 * @property {string} name
 * @property {boolean} clockedInToday
 * @property {number | null} lastClockInAt unix seconds
 * @property {number} missedDays
 */

Page({
  ...attempts,

  data: {
    ...attempts.data,
    headline: '', // until the service has answered
    wards: /** @type {Ward[]} */ ([]),
  },

  load: () => request('/api/wards'),

  /** @param {Ward[]} wards */
  show(wards) {
    this.setData({
      headline: headlineOf(wards),
      wards: wards.map(ward => ({ ...ward, ...stateOf(ward), last: lastOf(ward) })),
    });
  },

  stop({ currentTarget }) {
    const { id, name } = currentTarget.dataset;
    const question = {
      title: '停止守护？',
      content: `你将看不到“${name}”的打卡情况，要恢复需要对方重新邀请。`,
      confirmText: '停止',
    };
    this.confirm(question, async () => {
      await request(`/api/wards/${id}`, { method: 'DELETE' });
      this.show(this.data.wards.filter(ward => ward.id !== id));
    });
  },
});

/** @param {Ward[]} wards */
function headlineOf(wards) {
  const missing = wards.filter(({ missedDays }) => missedDays > 0).length;
  const open = wards.filter(({ clockedInToday }) => !clockedInToday).length;
  if (!wards.length) return '还没有守护的人';
  if (missing) return `${missing} 人漏打卡`;
  return open ? `今天还有 ${open} 人没打卡` : '今天都报了平安';
}

/** @param {Ward} ward */
function stateOf({ clockedInToday, missedDays }) {
  if (clockedInToday) return { state: '已打卡', look: 'is-done' };
  return missedDays ? { state: `${missedDays} 天没打卡`, look: 'is-missing' } : { state: '今天还没打卡', look: '' };
}

/** @param {Ward} ward */
function lastOf({ clockedInToday, lastClockInAt }) {
  if (!lastClockInAt) return '还没打过卡';
  return clockedInToday ? `今天 ${timeOf(lastClockInAt)}` : `上次 ${momentOf(lastClockInAt)}`;
}
