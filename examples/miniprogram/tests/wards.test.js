const assert = require('node:assert/strict');
const { beforeEach, test } = require('node:test');
const createPage = require('./page');

const config = require('../app/config');

config.alertTemplate = 'template-1'; // before the page is loaded

let page, asked, modals, settle, pullDown, next, decide;

const at = time => Date.parse(`${time}+08:00`) / 1000;
const DONE = { id: 'w1', name: '妈妈', clockedInToday: true, lastClockInAt: at('2026-11-24T08:05:59'), missedDays: 0 };
const NOT_YET = { id: 'w2', name: '爸爸', clockedInToday: false, lastClockInAt: at('2026-11-23T23:59:00'), missedDays: 0 };
const MISSING = { id: 'w3', name: '外婆', clockedInToday: false, lastClockInAt: at('2026-03-05T00:01:00'), missedDays: 263 };
const NEVER = { id: 'w4', name: '外公', clockedInToday: false, lastClockInAt: null, missedDays: 0 };

beforeEach(() => {
  ({ page, asked, modals, settle, pullDown, next, decide } = createPage('wards'));
});

async function open(...wards) {
  page.onShow();
  (await next('GET /api/wards')).answer(wards);
  await settle();
}

test('each ward has a state and a last clock-in, in the order of the service', async () => {
  await open(MISSING, NEVER, NOT_YET, DONE);

  assert.deepEqual(page.data.wards.map(({ name, state, last }) => [name, state, last]), [
    ['外婆', '263 天没打卡', '上次 3月5日 00:01'],
    ['外公', '今天还没打卡', '还没打过卡'],
    ['爸爸', '今天还没打卡', '上次 11月23日 23:59'],
    ['妈妈', '已打卡', '今天 08:05'],
  ]);
});

test('the headline says how everybody is', async () => {
  for (const [wards, headline] of [
    [[], '还没有守护的人'],
    [[DONE], '今天都报了平安'],
    [[NOT_YET, NEVER, DONE], '今天还有 2 人没打卡'],
    [[MISSING, NOT_YET], '1 人漏打卡'],
    [[{ ...MISSING, missedDays: 1 }, DONE], '1 人漏打卡'],
  ]) {
    await open(...wards);
    assert.equal(page.data.headline, headline);
  }
});

test('without a template nobody is offered a message', () => {
  assert.equal(page.data.canAlert, true);
  config.alertTemplate = '';
  try {
    assert.equal(createPage('wards').page.data.canAlert, false);
  } finally {
    config.alertTemplate = 'template-1';
  }
});

test('pulling down reads anew, and ends when that is done', async () => {
  await open(NOT_YET);
  let ended = 0;
  wx.stopPullDownRefresh = () => { ended += 1; };

  pullDown();
  const read = await next('GET /api/wards');
  assert.equal(ended, 0);
  read.answer([DONE]);
  await settle();

  assert.deepEqual([page.data.wards[0].state, ended], ['已打卡', 1]);
});

test('watching ends once that is confirmed', async () => {
  await open(MISSING, DONE);
  const tap = () => page.stop({ currentTarget: { dataset: { id: 'w3', name: '外婆' } } });

  tap();
  assert.match(modals[0].content, /“外婆”/);
  await decide(false);
  assert.equal(asked.length, 0);

  tap();
  await decide(true);
  (await next('DELETE /api/wards/w3')).answer(null);
  await settle();
  assert.deepEqual([page.data.wards.map(({ name }) => name), page.data.headline], [['妈妈'], '今天都报了平安']);
});

test('what cannot be read is told, and read once more on demand', async () => {
  page.onShow();
  (await next('GET /api/wards')).fail();
  await settle();
  assert.deepEqual([page.data.error, page.data.headline], ['网络连接不上，请稍后重试', '']);

  page.retry();
  (await next('GET /api/wards')).answer([DONE]);
  await settle();
  assert.deepEqual([page.data.error, page.data.wards.length], ['', 1]);
});

/** A tap on 提醒我; what WeChat was asked for then. */
function tapAlert(id) {
  let asked;
  wx.requestSubscribeMessage = options => { asked = options; };
  page.alertMe({ currentTarget: { dataset: { id } } });
  return asked;
}

test('a tap asks WeChat at once, and the service once that is accepted', async () => {
  await open(MISSING, DONE);

  const consent = tapAlert('w3'); // or WeChat would refuse
  assert.deepEqual(consent.tmplIds, ['template-1']);
  assert.equal(asked.length, 0);
  consent.success({ errMsg: 'requestSubscribeMessage:ok', 'template-1': 'accept' });
  (await next('POST /api/wards/w3/alert')).answer({ ...MISSING, alert: true });
  await settle();

  assert.deepEqual(page.data.wards.map(({ name, alert }) => [name, Boolean(alert)]), [['外婆', true], ['妈妈', false]]);
});

test('a consent to a voice reminder is one', async () => {
  await open(MISSING);

  tapAlert('w3').success({ 'template-1': 'acceptWithAudio' });

  await next('POST /api/wards/w3/alert');
  assert.equal(page.data.refusal, '');
});

test('while something else is being changed nobody is asked for a consent that would be lost', async () => {
  await open(MISSING, DONE);
  tapAlert('w3').success({ 'template-1': 'accept' });
  const change = await next('POST /api/wards/w3/alert');

  assert.equal(tapAlert('w1'), undefined);

  change.answer({ ...MISSING, alert: true });
  await settle();
  assert.deepEqual(tapAlert('w1').tmplIds, ['template-1']);
});

test('a consent that the service could not be told of is told again without asking again', async () => {
  await open(MISSING);
  tapAlert('w3').success({ 'template-1': 'accept' });
  (await next('POST /api/wards/w3/alert')).fail();
  await settle();
  assert.equal(page.data.error, '网络连接不上，请稍后重试');

  wx.requestSubscribeMessage = () => assert.fail('asked again');
  page.retry();
  (await next('POST /api/wards/w3/alert')).answer({ ...MISSING, alert: true });
  await settle();
  assert.deepEqual([page.data.error, page.data.wards[0].alert], ['', true]);
});

test('what is not accepted is told, with the settings where they help, and nothing is asked of the service', async () => {
  await open(MISSING);
  for (const [respond, words, canOpenSetting] of [
    [({ success }) => success({ 'template-1': 'reject' }), /没有同意/, true],
    [({ success }) => success({ 'template-1': 'ban' }), /停用/, false],
    [({ success }) => success({ 'template-1': 'filter' }), /暂时不提供/, false],
    [({ success }) => success({ 'template-1': 'of tomorrow' }), /没能询问/, false],
    [({ fail }) => fail({ errMsg: 'requestSubscribeMessage:fail', errCode: 20004 }), /没有同意/, true],
    [({ fail }) => fail({ errMsg: 'requestSubscribeMessage:fail', errCode: 10002 }), /没能询问/, false],
  ]) {
    respond(tapAlert('w3'));
    assert.match(page.data.refusal, words);
    assert.equal(page.data.canOpenSetting, canOpenSetting);
  }
  tapAlert('w3').success({ 'template-1': 'accept' });
  assert.equal(page.data.refusal, '');
  assert.equal(asked.length, 1);
});
