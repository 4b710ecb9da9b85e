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

function openDialog(title, content, buttons) {
  const dialog = add(phone, 'dialog', 'wx-modal');
  dialog.setAttribute('aria-label', title);
  add(dialog, 'strong', '', title);
  add(dialog, 'p', '').append(content);
  const footer = add(dialog, 'footer', '');
  for (const button of buttons) add(footer, 'button', '', button).onclick = () => dialog.close(button);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.showModal();
  return dialog;
}

/** Whether a tap is being handled: WeChat asks for consent only then, and not after anything that was waited for. */
let isTap = false;

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

  getStorageSync: key => JSON.parse(localStorage.getItem(`storage.${key}`) ?? '""'),
  setStorageSync: (key, value) => localStorage.setItem(`storage.${key}`, JSON.stringify(value)),

  showToast({ title, duration = 1500 }) {
    const toast = add(phone, 'div', 'wx-toast', title);
    toast.setAttribute('role', 'status');
    setTimeout(() => toast.remove(), duration);
  },

  showModal({ title, content, confirmText = '确定', success }) {
    const dialog = openDialog(title, content, ['取消', confirmText]);
    dialog.addEventListener('close', () => {
      const confirm = dialog.returnValue === confirmText;
      success({ confirm, cancel: !confirm });
    });
  },

  requestSubscribeMessage({ tmplIds, success, fail }) {
    if (!isTap) return fail({ errMsg: 'requestSubscribeMessage:fail can only be invoked by user TAP gesture.', errCode: 20001 });
    const dialog = openDialog('发送一条消息', '漏打卡提醒', ['取消', '允许']);
    dialog.addEventListener('close', () => {
      const answer = dialog.returnValue === '允许' ? 'accept' : 'reject';
      success({ errMsg: 'requestSubscribeMessage:ok', ...Object.fromEntries(tmplIds.map(id => [id, answer])) });
    });
  },

  switchTab: ({ url }) => show(url),

  stopPullDownRefresh() {},
};

// WeChat's own components are plain elements here, whose attributes are to be taken as WeChat takes them.

const BOOLEAN = new Set(['disabled', 'hidden']);
glassEasel.NativeNode.prototype.updateAttribute = function (name, value) {
  if (name === 'aria-role') this.setAttribute('role', value);
  else if (name === 'value') this.$$.value = value;
  else this.setAttribute(name, BOOLEAN.has(name) ? Boolean(value) : String(value));
};

const env = new MiniProgramEnv();
const space = env.createCodeSpace('', true);
for (const tag of ['button', 'input', 'label', 'text', 'view']) space.getComponentSpace().setGlobalUsingComponent(tag, tag);

const dom = new glassEasel.CurrentWindowBackendContext();
dom.onEvent((target, type, detail, options) => {
  isTap = type === 'tap';
  glassEasel.Event.dispatchEvent(target, new glassEasel.Event(type, detail, options));
  isTap = false;
});

const backend = env.associateBackend(dom);
backend.registerStyleSheetContent('', ''); // they stand in the document already
for (const [name, { config, scope }] of Object.entries(components)) {
  space.addComponentStaticConfig(name, config);
  space.addCompiledTemplate(name, {
    groupList: templates,
    content: templates[name],
    fallbackListenerOnNativeNode: true, // bindtap, without a colon
  });
  space.addStyleSheet(name, '', scope);
}

window.App = () => {};
load('/app');
for (const name of Object.keys(components).reverse()) { // what is used before what uses it
  space.globalComponentEnv(window, name, () => load(`/${name}`));
}

// The screen. Pages stay as they are while others are shown, as those of a tab bar do.

const phone = add(document.body, 'main', 'wx-screen');
const title = add(phone, 'h1', 'wx-bar');
const stage = add(phone, 'div', 'wx-stage');
const bar = add(phone, 'div', 'wx-tabs');
bar.role = 'tablist';
const tabs = app.tabBar.list.map(({ pagePath, text }) => {
  const tab = add(bar, 'button', '', text);
  tab.role = 'tab';
  tab.onclick = () => show(`/${pagePath}`);
  return { pagePath, tab };
});

const opened = {}; // { page, screen } by path
let page; // which is shown

function show(url) {
  history.replaceState(null, '', url); // for a reload
  const { pathname, searchParams } = new URL(url, location);
  const path = pathname.slice(1);
  const isNew = !opened[path];
  if (isNew) {
    const root = backend.createRoot('page', space, path);
    const screen = add(stage, 'div', 'wx-scroller');
    screen.dataset.page = path;
    root.attach(screen, add(screen, 'div', ''));
    opened[path] = { page: root.get(), screen };
  }
  for (const [other, { screen }] of Object.entries(opened)) screen.hidden = other !== path;
  for (const { pagePath, tab } of tabs) tab.ariaSelected = pagePath === path;
  title.textContent = components[path].config.navigationBarTitleText ?? app.window.navigationBarTitleText;

  page = opened[path].page;
  if (isNew) page.onLoad?.(Object.fromEntries(searchParams));
  page.onShow();
}

document.addEventListener('visibilitychange', () => document.hidden || page.onShow());

// Sharing: instead of sending the card, its address is told. Another profile that opens it is who taps the card.
document.addEventListener('click', ({ target }) => {
  const button = target.closest('[open-type="share"]');
  if (!button) return;
  const card = page.onShareAppMessage({ from: 'button', target: button.__wxElement });
  const link = document.createElement('a');
  link.href = link.textContent = new URL(card.path, location.origin);
  openDialog(card.title, link, ['完成']);
});

document.addEventListener('click', ({ target }) => {
  if (target.closest('[open-type="openSetting"]')) openDialog('设置', '在微信中，这里是小程序的设置。', ['完成']);
});

show(location.pathname === '/' ? `/${app.pages[0]}` : location.pathname + location.search);
