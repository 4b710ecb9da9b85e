const config = require('./config');

const TOKEN = 'token'; // stored as it is: JSON.stringify would put quotes around it
const TIMEOUT = 12000; // milliseconds; the service answers within ten seconds whatever is broken

/** @type {Promise<string> | undefined} Shared by all calls that meet a 401 while it is under way. */
let renewal;

let isCloudReady = false;

/**
 * Asks the service and resolves with `data`, or rejects with an error in words for the user.
 *
 * Through Cloud Hosting nobody logs in. Otherwise the token goes along when there is one. On a 401 a new one is fetched
 * and the request repeated once, whatever it asks for: a request that is answered by 401 has changed nothing.
 *
 * @param {string} path
 * @param {{ method?: 'GET' | 'POST' | 'DELETE', data?: object }} [options]
 */
async function request(path, { method = 'GET', data } = {}) {
  if (config.cloud) return unwrap(await send(path, method, data));

  const token = wx.getStorageSync(TOKEN);
  let answer = await send(path, method, data, token);
  if (answer.statusCode === 401) {
    answer = await send(path, method, data, await renew(token));
  }
  return unwrap(answer);
}

/** @returns {Promise<{ statusCode: number, data: any }>} */
function send(path, method, data, token) {
  return new Promise((resolve, reject) => {
    const call = {
      method,
      data,
      timeout: TIMEOUT,
      success: resolve, // whatever the status
      fail: () => reject(new Error('网络连接不上，请稍后重试')),
    };
    if (!config.cloud) {
      wx.request({ ...call, url: config.baseUrl + path, header: token ? { Authorization: `Bearer ${token}` } : {} });
      return;
    }

    if (!isCloudReady) wx.cloud.init();
    isCloudReady = true;
    const { env, service } = config.cloud;
    wx.cloud.callContainer({ ...call, path, config: { env }, header: { 'X-WX-SERVICE': service } });
  });
}

function unwrap({ data: envelope }) {
  if (envelope && envelope.code === 0) return envelope.data;
  // Something in between, a proxy say, answers in its own way.
  throw new Error((envelope && envelope.errorMsg) || '服务暂时不可用，请稍后重试');
}

async function renew(refused) {
  const stored = wx.getStorageSync(TOKEN);
  if (stored && stored !== refused) return stored; // another call has renewed it meanwhile

  renewal = renewal || login();
  try {
    return await renewal;
  } finally {
    renewal = undefined;
  }
}

async function login() {
  const code = await new Promise((resolve, reject) => {
    wx.login({
      timeout: TIMEOUT,
      success: answer => resolve(answer.code),
      fail: () => reject(new Error('微信登录失败，请稍后重试')),
    });
  });
  const { token } = unwrap(await send('/api/login', 'POST', { code }));
  wx.setStorageSync(TOKEN, token);
  return token;
}

module.exports = { request };
