/**
 * Shows the mini-program in a browser, as its sources are at the moment, and stands in for WeChat.
 * PORT: where to listen (8090). SERVICE_URL: where the service does (http://127.0.0.1:8080).
 */
const http = require('node:http');
const { build } = require('./build');

const { PORT = '8090', SERVICE_URL = 'http://127.0.0.1:8080' } = process.env;

/** What WeChat's server answers to the service, by path. */
const WECHAT = {
  '/sns/jscode2session': query => logIn(query.get('js_code')),
  '/cgi-bin/stable_token': () => JSON.stringify({ access_token: 'preview', expires_in: 7200 }),
  '/cgi-bin/message/subscribe/send': () => JSON.stringify({ errcode: 0, errmsg: 'ok' }),
};

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname.startsWith('/api/')) return forward(request, response);
  if (WECHAT[pathname]) return answer(response, 200, 'text/plain', WECHAT[pathname](searchParams));
  if (pathname !== '/' && !pathname.startsWith('/pages/')) return answer(response, 404, 'text/plain', 'Not found');
  try {
    answer(response, 200, 'text/html', build());
  } catch (error) { // in a source that is being written
    answer(response, 500, 'text/plain', error.message);
  }
});

function answer(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' }).end(body);
}

/** As WeChat answers: who this is. Every code is somebody, for good. */
function logIn(code) {
  return JSON.stringify({ openid: `preview-${code}`, session_key: 'cHJldmlldw==' });
}

function forward(request, response) {
  const { method, headers } = request;
  const onward = http.request(SERVICE_URL + request.url, { method, headers }, back => {
    response.writeHead(back.statusCode, back.headers);
    back.pipe(response);
  });
  onward.on('error', () => answer(response, 502, 'text/plain', `No service at ${SERVICE_URL}`));
  request.pipe(onward);
}

server.on('error', error => {
  console.error(error.message);
  process.exitCode = 1;
});
server.listen(PORT, '127.0.0.1', () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  console.log(`The mini-program: ${address}/

The service beside it, started so that it asks this stand-in instead of WeChat:
WX_API_BASE_URL=${address} WX_APPID=preview WX_SECRET=preview dotnet run --project SafeClockin.Api`);
});
