/** As much of `wx` as the mini-program uses, over real HTTP. */
module.exports = function createWx({ login = async () => ({ code: 'a-code' }) } = {}) {
  const storage = new Map();
  return {
    // As in WeChat: JSON both ways where it can be, and `success` for every status.
    request({ url, method = 'GET', data, header = {}, success, fail }) {
      fetch(url, {
        method,
        headers: { 'content-type': 'application/json', ...header },
        body: method === 'GET' ? undefined : JSON.stringify(data),
      })
        .then(async response => ({ statusCode: response.status, data: parse(await response.text()) }))
        .then(success, fail);
    },
    login: ({ success, fail }) => { login().then(success, fail); },
    getStorageSync: key => storage.get(key) ?? '',
    setStorageSync: (key, value) => { storage.set(key, value); },
    showToast() {},
    stopPullDownRefresh() {},
  };
};

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
