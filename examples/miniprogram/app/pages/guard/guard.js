const attempts = require('../../attempts');
const { request } = require('../../request');
const { momentOf } = require('../../time');

const INVITATIONS = 'invitations'; // stored by id, because the service tells each only once

/**
 * @typedef {object} Guardian Or an open invitation.
 * @property {string} id
 * @property {string | null} name null until somebody has accepted
 * @property {number | null} expiresAt unix seconds; null once somebody has accepted
 */

Page({
  ...attempts,

  data: {
    ...attempts.data,
    received: '', // the invitation whose card opened the page, until it is accepted or not
    name: '', // as it is typed
    headline: '', // until the service has answered
    guardians: /** @type {Guardian[]} */ ([]),
  },

  onLoad({ invitation = '' }) {
    this.setData({ received: invitation });
  },

  /** From the menu no invitation is meant. Without a path the card would open this page as it was opened itself. */
  onShareAppMessage({ from, target }) {
    const { invitation } = from === 'button' ? target.dataset : {};
    return {
      title: invitation ? '请你做我的守护人' : '安全打卡：每天报一次平安',
      path: invitation ? `/pages/guard/guard?invitation=${invitation}` : '/pages/clockin/clockin',
      imageUrl: '/card.png', // otherwise WeChat shows what is on the screen, names too
    };
  },

  load: () => request('/api/guardians'),

  /** Shows them, and forgets the invitations that are no longer open. @param {Guardian[]} guardians */
  show(guardians) {
    const stored = wx.getStorageSync(INVITATIONS);
    const invitations = {};
    for (const { id, name } of guardians) {
      if (name === null && stored[id]) invitations[id] = stored[id];
    }
    wx.setStorageSync(INVITATIONS, invitations);

    const count = guardians.filter(({ name }) => name !== null).length;
    this.setData({
      headline: count ? `${count} 人守护着你` : '还没有守护人',
      guardians: guardians.map(guardian => ({
        ...guardian,
        until: guardian.expiresAt && momentOf(guardian.expiresAt),
        invitation: invitations[guardian.id],
      })),
    });
  },

  invite() {
    return this.change(async () => {
      const { id, invitation, expiresAt } = await request('/api/guardians', {
        method: 'POST', data: { name: this.data.name },
      });
      wx.setStorageSync(INVITATIONS, { ...wx.getStorageSync(INVITATIONS), [id]: invitation });
      this.setData({ name: '' });
      this.show([...this.data.guardians, { id, name: null, expiresAt }]);
    });
  },

  remove({ currentTarget }) {
    const { id, name } = currentTarget.dataset;
    const question = name
      ? { title: '解除守护人？', content: `“${name}”将看不到你的打卡情况。`, confirmText: '解除' }
      : { title: '撤回邀请？', content: '已经发出的卡片会失效。', confirmText: '撤回' };
    this.confirm(question, async () => {
      await request(`/api/guardians/${id}`, { method: 'DELETE' });
      this.show(this.data.guardians.filter(guardian => guardian.id !== id));
    });
  },

  accept() {
    return this.change(async () => {
      await request('/api/wards', { method: 'POST', data: { invitation: this.data.received, name: this.data.name } });
      this.leave();
      wx.switchTab({ url: '/pages/wards/wards' });
    });
  },

  leave() {
    this.setData({ received: '', name: '', error: '' });
  },
});
