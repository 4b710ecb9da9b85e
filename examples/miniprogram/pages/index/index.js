const { request } = require('../../request');

Page({
  data: {
    count: '…',
    openid: '',
    isBusy: false,
  },

  onShow() {
    return this.read();
  },

  async onPullDownRefresh() {
    await this.read();
    wx.stopPullDownRefresh();
  },

  read() {
    return this.attempt(async () => this.setData({ count: await request('/api/count') }));
  },

  increment() {
    return this.change('inc');
  },

  clear() {
    wx.showModal({
      title: '把计数清零？',
      content: '所有人的计数都会回到 0，无法撤销。',
      success: ({ confirm }) => confirm && this.change('clear'),
    });
  },

  change(action) {
    return this.attempt(async () => {
      this.setData({ count: await request('/api/count', { method: 'POST', data: { action } }) });
    });
  },

  /** Needs a token: the first call logs in. */
  showUser() {
    return this.attempt(async () => this.setData({ openid: (await request('/api/user')).openid }));
  },

  async attempt(work) {
    if (this.data.isBusy) return;
    this.setData({ isBusy: true });
    try {
      await work();
    } catch (error) {
      // request.js has told the user.
    } finally {
      this.setData({ isBusy: false });
    }
  },
});
