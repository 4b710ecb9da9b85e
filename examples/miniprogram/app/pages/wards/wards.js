const attempts = require('../../attempts');
const { alertTemplate } = require('../../config');
const { request } = require('../../request');
const { momentOf, timeOf } = require('../../time');

/**
 * @typedef {object} Ward
 * @property {string} id
 * @property {string} name
 * @property {boolean} clockedInToday
 * @property {number | null} lastClockInAt unix seconds
 * @property {number} missedDays
 * @property {boolean} alert whether a message comes when a day is missed
 */

const SWITCHED_OFF = 20004; // by the user, in the mini-program's settings

/** What becomes of a tap on 提醒我 that was not accepted, in words for the user. */
const REFUSALS = {
  reject: '没有同意接收消息，所以不会提醒你',
  ban: '这个小程序的消息已被微信停用，不能提醒你',
  filter: '微信暂时不提供这条消息，不能提醒你',
  fail: '微信没能询问你是否同意，请稍后再试',
};

Page({
  ...attempts,

  data: {
    ...attempts.data,
    headline: '', // until the service has answered
    wards: /** @type {Ward[]} */ ([]),
    canAlert: Boolean(alertTemplate),
    refusal: '', // why no message will come, after a tap on 提醒我
    canOpenSetting: false, // where the user can change that
  },

  load: () => request('/api/wards'),

  /** @param {Ward[]} wards */
  show(wards) {
    this.setData({
      headline: headlineOf(wards),
      wards: wards.map(ward => ({ ...ward, ...stateOf(ward), last: lastOf(ward) })),
    });
  },

  /**
   * WeChat asks the user, which it does only while a tap is handled, and so before anything else. One consent is one message:
   * when the service cannot be told of it, it is told again without asking again. With a voice reminder the consent is called
   * acceptWithAudio, and other kinds of reminders have their own names.
   */
  alertMe({ currentTarget }) {
    const { id } = currentTarget.dataset;
    if (this.data.isBusy) return;
    this.setData({ refusal: '', canOpenSetting: false });
    wx.requestSubscribeMessage({
      tmplIds: [alertTemplate],
      success: answers => {
        const answer = answers[alertTemplate];
        return /^accept/.test(answer) ? this.arm(id) : this.refuse(answer, answer === 'reject');
      },
      fail: ({ errCode }) => this.refuse(errCode === SWITCHED_OFF ? 'reject' : 'fail', errCode === SWITCHED_OFF),
    });
  },

  arm(id) {
    return this.change(async () => {
      const armed = await request(`/api/wards/${id}/alert`, { method: 'POST' });
      this.show(this.data.wards.map(ward => (ward.id === id ? armed : ward)));
    });
  },

  refuse(answer, canOpenSetting) {
    this.setData({ refusal: REFUSALS[answer] || REFUSALS.fail, canOpenSetting });
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
