const assert = require('node:assert/strict');
const http = require('node:http');
const { afterEach, beforeEach, test } = require('node:test');
const config = require('../app/config');
const { request } = require('../app/request');
const createWx = require('./wx');

// A server that knows one good token, given for a code; every other answer is what the test says.
let server;
let seen; // "METHOD path authorization" of each request
let goodToken;
let answer;

beforeEach(async () => {
  seen = [];
  goodToken = 'new';
  answer = () => [200, { code: 0, data: 1 }];
  server = http.createServer((incoming, outgoing) => {
    const authorization = incoming.headers.authorization;
    seen.push([incoming.method, incoming.url, authorization].filter(Boolean).join(' '));
    const [status, body] = incoming.url === '/api/login' && goodToken
      ? [200, { code: 0, data: { token: goodToken } }]
      : answer(authorization);
    outgoing.writeHead(status);
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  config.baseUrl = `http://127.0.0.1:${server.address().port}`;
  config.cloud = null;
  globalThis.wx = createWx();
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const onlyWith = token => authorization =>
  authorization === `Bearer ${token}` ? [200, { code: 0, data: 1 }] : [401, { code: -1, errorMsg: 'token已过期' }];

test('a request without a stored token carries none', async () => {
  assert.equal(await request('/api/clockin'), 1);
  assert.deepEqual(seen, ['GET /api/clockin']);
});

test('a stored token goes along, without quotes around it', async () => {
  wx.setStorageSync('token', 'old');
  await request('/api/clockin', { method: 'POST' });
  assert.deepEqual(seen, ['POST /api/clockin Bearer old']);
});

test('on a 401 the token is renewed and the request repeated', async () => {
  wx.setStorageSync('token', 'old');
  answer = onlyWith('new');

  assert.equal(await request('/api/user'), 1);

  assert.deepEqual(seen, ['GET /api/user Bearer old', 'POST /api/login', 'GET /api/user Bearer new']);
  assert.equal(wx.getStorageSync('token'), 'new');
});

test('a change that a 401 refused is repeated too, because nothing has changed', async () => {
  answer = onlyWith('new');

  for (const method of ['POST', 'DELETE']) {
    wx.setStorageSync('token', 'old');
    seen.length = 0;
    assert.equal(await request('/api/clockin', { method }), 1);
    assert.deepEqual(seen, [`${method} /api/clockin Bearer old`, 'POST /api/login', `${method} /api/clockin Bearer new`]);
  }
});

test('calls that meet a 401 together log in once', async () => {
  answer = onlyWith('new');

  await Promise.all([request('/api/user'), request('/api/user'), request('/api/user')]);

  assert.equal(seen.filter(line => line.includes('/api/login')).length, 1);
});

test('a 401 that comes late is answered with the token that another call got meanwhile', async () => {
  wx.setStorageSync('token', 'old');
  answer = authorization => {
    wx.setStorageSync('token', 'new');
    return onlyWith('new')(authorization);
  };

  await request('/api/user');

  assert.deepEqual(seen, ['GET /api/user Bearer old', 'GET /api/user Bearer new']);
});

test('a token that is refused even when new is told and not asked for again', async () => {
  answer = onlyWith('none');

  await assert.rejects(request('/api/user'), { message: 'token已过期' });

  assert.deepEqual(seen, ['GET /api/user', 'POST /api/login', 'GET /api/user Bearer new']);
});

test('a refused login is told, and the next request tries again', async () => {
  goodToken = undefined;
  answer = authorization => authorization ? [200, { code: 0, data: 1 }] : [401, { code: -1, errorMsg: '登录凭证已使用' }];
  await assert.rejects(request('/api/user'), { message: '登录凭证已使用' });

  goodToken = 'new';
  assert.equal(await request('/api/user'), 1);
});

test('a wx.login that fails is told', async () => {
  globalThis.wx = createWx({ login: () => Promise.reject(new Error('login:fail')) });
  answer = onlyWith('new');

  await assert.rejects(request('/api/user'), { message: '微信登录失败，请稍后重试' });
});

test('a refusal is told in the words of the service', async () => {
  answer = () => [200, { code: -1, errorMsg: '月份参数错误' }];

  await assert.rejects(request('/api/clockin'), { message: '月份参数错误' });
});

test('what failed in another way is not sent again', async () => {
  for (const status of [403, 429, 500, 502, 503, 504]) {
    answer = () => [status, { code: -1, errorMsg: '失败' }];
    seen.length = 0;
    await assert.rejects(request('/api/guardians', { method: 'POST' }), { message: '失败' });
    assert.deepEqual(seen, ['POST /api/guardians'], `${status}`);
  }
});

test('an answer that is not from the service is told in words', async () => {
  for (const body of ['<html>502</html>', '', '{}', 'null']) {
    answer = () => [502, body];
    await assert.rejects(request('/api/clockin'), { message: '服务暂时不可用，请稍后重试' });
  }
});

test('a service that cannot be reached is told in words', async () => {
  await new Promise(resolve => server.close(resolve));

  await assert.rejects(request('/api/clockin'), { message: '网络连接不上，请稍后重试' });
});

test('no request is waited for longer than Cloud Hosting would, nor shorter than the service may take', async () => {
  const { request: send, login } = wx;
  const timeouts = [];
  wx.request = options => { timeouts.push(options.timeout); send(options); };
  wx.login = options => { timeouts.push(options.timeout); login(options); };
  answer = onlyWith('new');

  await request('/api/user');

  assert.equal(timeouts.length, 4);
  for (const timeout of timeouts) assert.ok(timeout > 10000 && timeout < 15000);
});

test('through Cloud Hosting nobody logs in, whatever the answer', async () => {
  const calls = [];
  let inits = 0;
  config.cloud = { env: 'an-env', service: 'a-service' };
  wx.cloud = {
    init: () => { inits += 1; },
    callContainer: ({ success, fail, ...call }) => {
      calls.push(call);
      if (call.path === '/api/fails') fail();
      else success({ statusCode: 200, data: call.path === '/api/refused' ? { code: -1, errorMsg: '邀请已失效' } : { code: 0, data: 1 } });
    },
  };
  wx.setStorageSync('token', 'old');

  assert.equal(await request('/api/clockin', { method: 'POST', data: {} }), 1);
  await assert.rejects(request('/api/refused'), { message: '邀请已失效' });
  await assert.rejects(request('/api/fails'), { message: '网络连接不上，请稍后重试' });

  assert.deepEqual(calls[0], {
    config: { env: 'an-env' },
    header: { 'X-WX-SERVICE': 'a-service' },
    path: '/api/clockin',
    method: 'POST',
    data: {},
    timeout: 12000,
  });
  assert.equal(calls.length, 3);
  assert.equal(inits, 1);
  assert.deepEqual(seen, []);
});
