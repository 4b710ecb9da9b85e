// Runs in the page that build.js makes, which gives it `modules`, `templates`, `components` and `app`.

const loaded = {};

/** As WeChat's require: relative to the file that asks. */
function load(name) {
  if (!loaded[name]) {
    const module = loaded[name] = { exports: {} };
    const folder = name.slice(0, name.lastIndexOf('/') + 1);
    modules[name](module, module.exports, other => load(
      other in modules ? other : new URL(other, `file://${folder}`).pathname.replace(/\.js$/, '')));
  }
  return loaded[name].exports;
}

const glassEasel = load('glass-easel');
const { MiniProgramEnv } = load('glass-easel-miniprogram-adapter');

// What the mini-program asks of WeChat.

const add = (parent, tag, className, text = '') => {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  parent.append(element);
  return element;
};

/** Each browser profile is a user, whose code the stand-in for WeChat takes again and again. */
const user = localStorage.getItem('user') ?? crypto.randomUUID();
localStorage.setItem('user', user);

window.wx = {
  login: ({ success }) => success({ code: user }),

  // To where this page comes from, whatever the address: a browser asks nobody else.
  request({ url, method = 'GET', data, header = {}, timeout = 60000, success, fail }) {
    const { pathname, search } = new URL(url);
    fetch(pathname + search, {
      method,
      headers: { 'Content-Type': 'application/json', ...header },
      body: method === 'GET' ? undefined : JSON.stringify(data),
      signal: AbortSignal.timeout(timeout),
    })
      .then(async response => {
        const text = await response.text();
        try {
          return { statusCode: response.status, data: JSON.parse(text) };
        } catch {
          return { statusCode: response.status, data: text };
        }
      })
      .then(success, fail);
  },

  getStorageSync: key => localStorage.getItem(`storage.${key}`) ?? '',
  setStorageSync: (key, value) => localStorage.setItem(`storage.${key}`, value),
  removeStorageSync: key => localStorage.removeItem(`storage.${key}`),

  showToast({ title, duration = 1500 }) {
    const toast = add(phone, 'div', 'wx-toast', title);
    toast.setAttribute('role', 'status');
    setTimeout(() => toast.remove(), duration);
  },

  showModal({ title, content, confirmText = '确定', success }) {
    const dialog = add(phone, 'dialog', 'wx-modal');
    dialog.setAttribute('aria-label', title);
    add(dialog, 'strong', '', title);
    add(dialog, 'p', '', content);
    const buttons = add(dialog, 'footer', '');
    add(buttons, 'button', '', '取消').onclick = () => dialog.close();
    add(buttons, 'button', 'wx-confirm', confirmText).onclick = () => dialog.close('confirm');
    dialog.onclose = () => {
      dialog.remove();
      success({ confirm: dialog.returnValue === 'confirm', cancel: dialog.returnValue !== 'confirm' });
    };
    dialog.showModal();
  },

  stopPullDownRefresh() {},
};

// WeChat's own components are plain elements here, whose attributes are to be taken as WeChat takes them.

const BOOLEAN = new Set(['disabled', 'hidden']);
glassEasel.NativeNode.prototype.updateAttribute = function (name, value) {
  if (name === 'aria-role') this.setAttribute('role', value);
  else this.setAttribute(name, BOOLEAN.has(name) ? Boolean(value) : String(value));
};

const env = new MiniProgramEnv();
const space = env.createCodeSpace('', true);
for (const tag of ['button', 'text', 'view']) space.getComponentSpace().setGlobalUsingComponent(tag, tag);

const dom = new glassEasel.CurrentWindowBackendContext();
dom.onEvent((target, type, detail, options) => {
  glassEasel.Event.dispatchEvent(target, new glassEasel.Event(type, detail, options));
});

const backend = env.associateBackend(dom);
space.addStyleSheet('app', 'app');
backend.registerStyleSheetContent('app', app.css);
for (const [name, { config, scope, css }] of Object.entries(components)) {
  space.addComponentStaticConfig(name, config);
  space.addCompiledTemplate(name, {
    groupList: templates,
    content: templates[name],
    fallbackListenerOnNativeNode: true, // bindtap, without a colon
  });
  space.addStyleSheet(name, name, scope);
  backend.registerStyleSheetContent(name, css);
}

window.App = () => {};
load('/app');
for (const name of Object.keys(components).reverse()) { // what is used before what uses it
  space.globalComponentEnv(window, name, () => load(`/${name}`));
}

// The screen, and the first page on it.

const phone = add(document.body, 'main', 'wx-screen');
add(phone, 'h1', 'wx-bar', app.window.navigationBarTitleText);
const scroller = add(phone, 'div', 'wx-scroller');
const root = backend.createRoot('page', space, app.pages[0]);
root.attach(scroller, add(scroller, 'div', ''));
const page = root.get();
page.onShow();
document.addEventListener('visibilitychange', () => document.hidden || page.onShow());
