/** Has `this` be whatever the methods are spread into. @type {<T>(methods: T & ThisType<any>) => T} */
const spread = methods => methods;

/**
 * What every page does, spread into it: it reads what it shows whenever it is looked at, changes one thing at a time,
 * tells what failed and does it once more on demand. The page brings `load()`, which asks for what it shows, and
 * `show(answer)`.
 */
module.exports = spread({
  data: {
    isBusy: false, // while something is being changed
    error: '',
  },

  /**
   * The last change: settled once it is over, whatever became of it. What was asked for before it is out of date.
   *
   * @type {Promise<void> | undefined}
   */
  lastChange: undefined,

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

  /** Shows what is so when nothing is being changed. A change that fails shows nothing by itself. */
  async read() {
    await this.attempt(async () => {
      let change;
      let answer;
      do {
        change = this.lastChange;
        await change;
        answer = await this.load();
      } while (change !== this.lastChange);
      await this.show(answer);
    });
  },

  /** One change at a time, and the user sees that it is under way. */
  async change(work) {
    if (this.data.isBusy) return;
    this.setData({ isBusy: true });
    try {
      this.lastChange = this.attempt(work, () => this.change(work));
      await this.lastChange;
    } finally {
      this.setData({ isBusy: false });
    }
  },

  /** A change that is asked about first. */
  confirm(question, work) {
    wx.showModal({ ...question, success: ({ confirm }) => confirm && this.change(work) });
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
