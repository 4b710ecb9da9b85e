const assert = require('node:assert/strict');
const { statSync } = require('node:fs');
const path = require('node:path');
const { beforeEach, test } = require('node:test');
const createPage = require('./page');

let page, asked, switched, modals, settle, next, decide;

const ACTIVE = { id: 'g1', name: '小明', state: 'active', expiresAt: null };
const OPEN = { id: 'g2', name: null, state: 'invited', expiresAt: Date.parse('2026-11-27T08:05:00+08:00') / 1000 };

beforeEach(() => {
  ({ page, asked, switched, modals, settle, next, decide } = createPage('guard'));
});

async function open(guardians = [], query = {}) {
  page.onLoad(query);
  page.onShow();
  (await next('GET /api/guardians')).answer(guardians);
  await settle();
}

async function invite(id = OPEN.id, invitation = 'once') {
  page.setData({ name: '妈妈' });
  page.invite();
  const request = await next('POST /api/guardians');
  request.answer({ id, invitation, expiresAt: OPEN.expiresAt });
  await settle();
  return request.data;
}

const tap = (id, name = null) => page.remove({ currentTarget: { dataset: { id, name } } });
const names = () => page.data.guardians.map(({ name }) => name);
const invitations = () => page.data.guardians.map(({ invitation }) => invitation);

test('guardians are shown, and until when invitations are open, in China', async () => {
  await open([ACTIVE, OPEN]);

  assert.equal(page.data.headline, '1 人守护着你');
  assert.deepEqual(names(), ['小明', null]);
  assert.equal(page.data.guardians[1].until, '11月27日 08:05');
});

test('an invitation is made by name and can be sent at once', async () => {
  await open([ACTIVE]);

  assert.deepEqual(await invite(), { name: '妈妈' });

  assert.deepEqual([page.data.name, page.data.isBusy, page.data.headline], ['', false, '1 人守护着你']);
  assert.deepEqual(invitations(), [undefined, 'once']);
  assert.equal(asked.length, 0);
});

test('each of several open invitations can be sent', async () => {
  await open();
  await invite('g2', 'once');
  await invite('g3', 'twice');

  assert.deepEqual(invitations(), ['once', 'twice']);
});

test('an invitation, told only once, is kept while the service counts it as open', async () => {
  await open();
  await invite();

  await open([ACTIVE, OPEN]);
  assert.deepEqual(invitations(), [undefined, 'once']);

  await open([ACTIVE]);
  await open([ACTIVE, OPEN]);
  assert.deepEqual(invitations(), [undefined, undefined]);
});

test('an invitation that was accepted is not kept either', async () => {
  await open();
  await invite();

  await open([{ ...OPEN, name: '小红', state: 'active', expiresAt: null }]);

  assert.deepEqual(wx.getStorageSync('invitations'), {});
});

test('the card sent by the button carries the invitation, at once', () => {
  const { path: target, title } = page.onShareAppMessage({ from: 'button', target: { dataset: { invitation: 'a-b_c' } } });

  assert.equal(target, '/pages/guard/guard?invitation=a-b_c');
  assert.match(title, /守护人/);
});

test('no card shows what is on the screen, where names are', () => {
  for (const sharing of [{ from: 'button', target: { dataset: { invitation: 'a-b_c' } } }, { from: 'menu' }]) {
    assert.ok(statSync(path.join(__dirname, '..', 'app', page.onShareAppMessage(sharing).imageUrl)).isFile(), sharing.from);
  }
});

test('the card sent from the menu carries no invitation, not even the one that opened the page', async () => {
  await open([OPEN], { invitation: 'once' });

  const { path, title } = page.onShareAppMessage({ from: 'menu' });
  assert.equal(path, '/pages/clockin/clockin');
  assert.doesNotMatch(title, /守护人/);
});

test('an invitation is taken back, or a guardian sent away, once that is confirmed', async () => {
  await open([ACTIVE, OPEN]);

  tap('g2');
  assert.match(modals[0].title, /撤回邀请/);
  await decide(false);
  assert.equal(asked.length, 0);

  tap('g2');
  await decide(true);
  (await next('DELETE /api/guardians/g2')).answer(null);
  await settle();
  assert.deepEqual(names(), ['小明']);

  tap('g1', '小明');
  assert.match(modals[0].content, /“小明”将看不到/);
  await decide(true);
  (await next('DELETE /api/guardians/g1')).answer(null);
  await settle();
  assert.deepEqual([names(), page.data.headline], [[], '还没有守护人']);
});

test('an invitation that is refused leaves the name to be mended', async () => {
  await open();

  page.setData({ name: '  ' });
  page.invite();
  (await next('POST /api/guardians')).refuse('名字应为1到20个字');
  await settle();
  assert.deepEqual([page.data.error, page.data.name, page.data.isBusy], ['名字应为1到20个字', '  ', false]);

  page.setData({ name: '妈妈' });
  page.retry();
  assert.deepEqual((await next('POST /api/guardians')).data, { name: '妈妈' });
});

test('a page that was still being read when a card was refused shows its guardians all the same, and why', async () => {
  page.onLoad({ invitation: 'once' });
  page.onShow();
  const read = await next('GET /api/guardians');
  page.accept();
  (await next('POST /api/wards')).refuse('邀请已失效');
  await settle();

  read.answer([]);
  (await next('GET /api/guardians')).answer([ACTIVE]);
  await settle();

  assert.deepEqual([page.data.headline, page.data.error], ['1 人守护着你', '邀请已失效']);
});

test('two taps in a row invite once', async () => {
  await open();

  page.invite();
  page.invite();

  await next('POST /api/guardians');
  assert.equal(asked.length, 0);
});

test('what the card brought is accepted under a name, and the wards are shown', async () => {
  await open([], { invitation: 'once' });
  assert.equal(page.data.received, 'once');

  page.setData({ name: '小明' });
  page.accept();
  page.accept();
  const request = await next('POST /api/wards');
  assert.deepEqual(request.data, { invitation: 'once', name: '小明' });
  request.answer({ id: 'w', name: '妈妈' });
  await settle();

  assert.deepEqual(switched, ['/pages/wards/wards']);
  assert.deepEqual([page.data.received, page.data.name, asked.length], ['', '', 0]);
});

test('what cannot be accepted is told in the words of the service, and can be left', async () => {
  for (const reason of ['邀请已失效', '不能守护自己', '守护的人已达上限']) {
    await open([], { invitation: 'once' });
    page.accept();
    (await next('POST /api/wards')).refuse(reason);
    await settle();
    assert.deepEqual([page.data.error, page.data.received, switched.length], [reason, 'once', 0]);

    page.leave();
    assert.deepEqual([page.data.error, page.data.received], ['', '']);
  }
});
