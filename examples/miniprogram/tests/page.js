const assert = require('node:assert/strict');
const createWx = require('./wx');

require('./phone')('Pacific/Pago_Pago'); // 11 hours behind UTC

/**
 * A page as WeChat would hold it, in front of a service whose answers the test decides upon, and when.
 *
 * @param {string} name as in app.json: clockin
 */
module.exports = function createPage(name) {
  const asked = []; // { line, data, answer(data), refuse(errorMsg), fail() } of each request that has no answer yet
  const switched = [];
  const modals = [];
  globalThis.wx = {
    ...createWx(),
    request: ({ url, method, data, success, fail }) => asked.push({
      line: `${method} ${new URL(url).pathname}${new URL(url).search}`,
      data,
      answer: answered => success({ statusCode: 200, data: { code: 0, data: answered } }),
      refuse: errorMsg => success({ statusCode: 200, data: { code: -1, errorMsg } }),
      fail,
    }),
    showModal(options) {
      // WeChat refuses longer ones, and shows nothing.
      for (const text of [options.confirmText, options.cancelText]) assert.ok((text ?? '').length <= 4, text);
      modals.push(options);
    },
    switchTab: ({ url }) => { switched.push(url); },
  };
  let definition;
  globalThis.Page = given => { definition = given; };
  const path = require.resolve(`../app/pages/${name}/${name}`);
  delete require.cache[path];
  require(path);
  const page = { ...definition, data: { ...definition.data }, setData(changes) { Object.assign(this.data, changes); } };

  /** Waits until the page has gone as far as it can. */
  const settle = () => new Promise(setImmediate);

  /** Pulls the page down, of which WeChat tells a page only where its json says so. */
  function pullDown() {
    if (require(`${path}on`).enablePullDownRefresh) page.onPullDownRefresh();
  }

  /** The oldest request that has no answer yet. */
  async function next(line) {
    await settle();
    const request = asked.shift();
    assert.equal(request?.line, line);
    return request;
  }

  /** What was asked about last, answered. */
  async function decide(confirm) {
    modals.pop().success({ confirm });
    await settle();
  }

  return { page, asked, switched, modals, settle, pullDown, next, decide };
};
