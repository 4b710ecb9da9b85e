const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const folder = path.join(__dirname, '..');
const packages = fs.existsSync(path.join(folder, 'node_modules'));
const { prestart, start: command } = require('../package.json').scripts; // as `npm start` runs them
const [program, script] = command.split(' ');

/** Starts it, and waits until it has said where it listens and how to start the service. */
async function start(root, settings) {
  const env = { ...process.env, PORT: '0', ...settings };
  const preview = spawn(program, [path.join(root, script)], { cwd: os.tmpdir(), env });
  let said = '';
  for await (const piece of preview.stdout) {
    said += piece;
    if (/dotnet run.*\n/.test(said)) break;
  }
  const address = said.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
  if (!address) preview.kill(); // which would keep the tests from ending
  assert.ok(address, said);
  return { preview, said, address };
}

test('the preview fetches what it needs before it starts', () => {
  assert.match(prestart, /^npm install\b/);
});

describe('the preview', { skip: !packages && 'npm ci has not been run' }, () => {
  let service; // which answers with what it was asked
  let preview;
  let address;
  let said;

  before(async () => {
    service = http.createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer' });
      response.end([request.method, request.url, request.headers.authorization, body].join(' '));
    });
    await new Promise(resolve => service.listen(0, '127.0.0.1', resolve));

    ({ preview, said, address } = await start(folder, { SERVICE_URL: `http://127.0.0.1:${service.address().port}` }));
  });

  after(() => {
    preview?.kill();
    service?.close();
  });

  test('shows the mini-program, by each of its pages', async () => {
    for (const path of ['', 'pages/guard/guard?invitation=x']) {
      const answer = await fetch(`${address}/${path}`);
      assert.equal(answer.status, 200, path);
      assert.match(await answer.text(), /<title>安全打卡<\/title>/);
    }
    assert.equal((await fetch(`${address}/favicon.ico`)).status, 404);
  });

  test('shows the sources as they are by then, and a fault in them', async () => {
    const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'preview-'));
    let server;
    try {
      for (const part of ['app', 'preview', 'package.json']) fs.cpSync(path.join(folder, part), path.join(copy, part), { recursive: true });
      fs.symlinkSync(path.join(folder, 'node_modules'), path.join(copy, 'node_modules'));
      server = await start(copy, {});
      const show = async (file, change) => {
        const source = path.join(copy, 'app', file);
        const text = fs.readFileSync(source, 'utf8');
        fs.writeFileSync(source, change(text));
        const answer = await fetch(server.address);
        fs.writeFileSync(source, text);
        return `${answer.status} ${await answer.text()}`;
      };

      assert.match(await show('app.json', text => text.replaceAll('安全打卡', '平安打卡')), /<title>平安打卡<\/title>/);
      assert.match(await show('app.json', () => '{'), /^500 .*JSON/);
      assert.match(await show('error.wxml', text => text + '<view>'), /^500 error\.wxml: /);
      assert.match(
        await show('pages/wards/wards.wxss', () => '.canary { color: red }'), /\[data-page="pages\/wards\/wards"\]\) \{\s*\.canary/, 'of this page alone');
      fs.rmSync(path.join(copy, 'app', 'pages', 'wards', 'wards.wxss')); // which a page need not have
      assert.match(await show('app.json', text => text), /<title>安全打卡<\/title>/);
    } finally {
      server?.preview.kill();
      fs.rmSync(copy, { recursive: true });
    }
  });

  test('listens and asks where its README says, and where the service is', () => {
    const { baseUrl } = require('../app/config.js');
    const readme = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
    const serve = fs.readFileSync(path.join(folder, 'preview', 'serve.js'), 'utf8');
    const [, port, service] = serve.match(/PORT = '(\d+)', SERVICE_URL = '(.+?)'/);

    assert.equal(service, baseUrl);
    assert.equal(new URL(baseUrl).port, '8080'); // where `dotnet run` serves
    assert.ok(readme.includes(`127.0.0.1:${port}/`));
  });

  test('is dark on a dark phone only where the mini-program is', t => {
    const { build } = require('../preview/build.js');
    const style = () => build().match(/<style>.*<\/style>/s)[0];
    assert.match(style(), /prefers-color-scheme: dark/);
    assert.match(style(), /color-scheme: light dark/);

    const { readFileSync } = fs;
    t.mock.method(fs, 'readFileSync', (file, ...rest) => {
      const text = readFileSync(file, ...rest);
      return file.endsWith('app.json') ? text.replace('"darkmode": true', '"darkmode": false') : text;
    });
    assert.doesNotMatch(style(), /prefers-color-scheme: dark/);
    assert.match(style(), /color-scheme: light;/);
  });

  test('cannot be reached from another machine', async () => {
    // By another address of this one: who listens on every address listens on it too.
    await assert.rejects(fetch(address.replace('127.0.0.1', '127.0.0.2')));
  });

  test('says why it cannot listen', async () => {
    const env = { ...process.env, PORT: new URL(address).port };
    const second = spawn(program, [path.join(folder, script)], { env });
    const said = await second.stderr.toArray();
    assert.match(said.join(''), /EADDRINUSE/);
    assert.equal(second.exitCode ?? (await once(second, 'exit'))[0], 1);
  });

  test('says how to start the service beside it', () => {
    assert.ok(said.includes(`WX_API_BASE_URL=${address} WX_APPID=preview WX_SECRET=preview dotnet run --project SafeClockin.Api\n`));
  });

  test('stands in for WeChat: each code is somebody', async () => {
    const logIn = async code => (await fetch(`${address}/sns/jscode2session?js_code=${code}&appid=preview`)).json();
    const somebody = await logIn('a');
    assert.ok(somebody.session_key);
    assert.equal((await logIn('a')).openid, somebody.openid);
    assert.notEqual((await logIn('b')).openid, somebody.openid);
  });

  test('hands the API on as it is, both ways', async () => {
    const answer = await fetch(`${address}/api/clockin?x=1`, {
      method: 'POST', headers: { Authorization: 'Bearer t' }, body: '{}',
    });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get('WWW-Authenticate'), 'Bearer');
    assert.equal(await answer.text(), 'POST /api/clockin?x=1 Bearer t {}');
  });

  test('says so when there is no service, and goes on', async () => {
    service.closeAllConnections();
    await new Promise(resolve => service.close(resolve));
    for (let i = 0; i < 2; i++) {
      const answer = await fetch(`${address}/api/count`);
      assert.equal(answer.status, 502);
      assert.match(await answer.text(), /^No service at http/);
    }
  });
});
