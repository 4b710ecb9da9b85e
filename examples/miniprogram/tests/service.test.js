const assert = require('node:assert/strict');
const { beforeEach, test } = require('node:test');
const config = require('../config');
const createWx = require('./wx');

// SERVICE_URL: a running service, whose count may be changed.
// LOGIN_CODE: a code that its stub of WeChat accepts; without one, no login is tried.
const { SERVICE_URL, LOGIN_CODE } = process.env;
const withService = { skip: !SERVICE_URL && 'SERVICE_URL is not set' };
const withLogin = { skip: !(SERVICE_URL && LOGIN_CODE) && 'SERVICE_URL or LOGIN_CODE is not set' };

let page;

beforeEach(() => {
  config.baseUrl = SERVICE_URL;
  globalThis.wx = createWx({ login: async () => ({ code: LOGIN_CODE }) });
  page = openPage();
});

/** The index page as WeChat would hold it. */
function openPage() {
  let definition;
  globalThis.Page = given => { definition = given; };
  const path = require.resolve('../pages/index/index');
  delete require.cache[path];
  require(path);
  return { ...definition, data: { ...definition.data }, setData(changes) { Object.assign(this.data, changes); } };
}

test('the page counts in the service', withService, async () => {
  await page.onShow();
  const before = page.data.count;
  await page.increment();
  await page.increment();

  assert.equal(page.data.count, before + 2);
  assert.deepEqual(wx.toasts, []);

  const another = openPage();
  await another.onShow();
  assert.equal(another.data.count, before + 2);
});

test('the page clears the count once the user has confirmed it', withService, async () => {
  await page.increment();
  const before = page.data.count;
  let decide;
  wx.showModal = ({ success }) => { decide = success; };

  page.clear();
  await decide({ confirm: false });
  await page.read();
  assert.equal(page.data.count, before);

  await decide({ confirm: true });
  assert.equal(page.data.count, 0);
});

test('two taps in a row are one', withService, async () => {
  await page.change('clear');
  await Promise.all([page.increment(), page.increment()]);

  assert.equal(page.data.count, 1);
  assert.equal(page.data.isBusy, false);
});

test('an unknown action is told and leaves the count as it was', withService, async () => {
  await page.change('clear');
  await page.change('dec');

  assert.deepEqual(wx.toasts, ['action参数错误']);
  assert.deepEqual([page.data.count, page.data.isBusy], [0, false]);
});

test('the page logs in when it needs to know the user', withLogin, async () => {
  await page.showUser();

  assert.deepEqual(wx.toasts, []);
  assert.notEqual(page.data.openid, '');
  assert.notEqual(wx.getStorageSync('token'), '');
});
