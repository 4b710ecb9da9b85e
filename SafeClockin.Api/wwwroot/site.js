// The page speaks Chinese; these are the same words in English, the service's own messages among them.
const english = {
  'SafeClockin 计数器': 'SafeClockin counter',
  '当前计数': 'Current count',
  '清零': 'Clear',
  '重试': 'Try again',
  '服务状态': 'State of the service',
  '服务': 'Service',
  '数据库': 'Database',
  '微信登录': 'WeChat login',
  '检查中': 'checking',
  '正常': 'fine',
  '无法连接': 'unreachable',
  '没有应答': 'no answer',
  '已配置': 'configured',
  '未配置': 'not configured',
  '未知': 'unknown',
  '微信小程序后端：安全打卡、登录和计数。': 'A backend for WeChat mini-programs: safe clock-in, login and a counter.',
  '尚未配置微信登录，日志会说明缺少什么；计数不受影响。':
    'WeChat login is not configured yet, and the log says what is missing; counting works without.',
  '第一个请求，选择客户端': 'First request, choose a client',
  '发出第一个请求': 'Make a first request',
  '复制': 'Copy',
  '已复制': 'Copied',
  '已选中，请手动复制': 'Selected, copy it yourself',
  '回答：': 'The answer: ',
  '打卡': 'Clock in',
  'API 文档': 'API document',
  '健康检查': 'Health',
  '把计数清零？': 'Clear the count?',
  '所有人的计数都会回到 0，无法撤销。': 'It goes back to 0 for everybody and cannot be undone.',
  '取消': 'Cancel',
  '确认清零': 'Clear it',
  '当前计数 {n}': 'Count {n}',
  '刚刚有人 +{n}': 'Somebody just counted +{n}',
  '刚刚有人清零': 'Somebody just cleared it',
  '页面会自动重试。': 'The page keeps trying.',
  '刚才的操作可能已经生效，请以计数为准。': 'What you did may have happened all the same: see the count.',
  '服务暂时无法连接': 'The service cannot be reached',
  '数据库暂时不可用，请稍后重试': 'The database is unavailable, try again in a moment',
  '计数已达上限，请先清零': 'The count is at its limit, clear it first',
  '服务器内部错误': 'The service failed',
};

const LOOK_AFTER = 2_000; // milliseconds, as all times here; ever later while nothing new is seen
const LATER = 1.5;
const LOOK_AT_LEAST_EVERY = 30_000;
const HEALTH_EVERY_LOOKS = 15;
const ANNOUNCE_AT_MOST_EVERY = 10_000;
const PATIENCE = 12_000; // the service answers within ten seconds whatever is broken
const NOTE_STAYS = 4_000;

const byId = id => document.getElementById(id);
const actions = [byId('inc'), byId('clear'), byId('retry')];
const calm = matchMedia('(prefers-reduced-motion: reduce)');

// Words

const spoken = new Map(); // each element that holds words → [the words in Chinese, their number]
let language = chooseLanguage();

function chooseLanguage() {
  const known = [recall(), ...navigator.languages].map(tag => /^(zh|en)\b/i.exec(tag)?.[1].toLowerCase());
  return known.find(Boolean) ?? 'en';
}

// A browser may refuse storage; then the choice lasts as long as the page.
function recall() {
  try {
    return localStorage.getItem('language');
  } catch {
    return null;
  }
}

function remember() {
  try {
    localStorage.setItem('language', language);
  } catch {
    // see above
  }
}

function translate(words, n) {
  const text = language === 'en' ? english[words] ?? words : words;
  return text.replace('{n}', n?.toLocaleString('en'));
}

function say(element, words, n) {
  spoken.set(element, [words, n]);
  const text = translate(words, n);
  if (element.textContent !== text) element.textContent = text; // unchanged, it is not read out again
}

function speak() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  const other = byId('language');
  [other.textContent, other.lang] = language === 'zh' ? ['English', 'en'] : ['中文', 'zh-CN'];
  spoken.forEach(([words, n], element) => say(element, words, n));
}

// The service

/** An answer that says in words why there is no other. */
class Refusal extends Error {}

/** The data of the service's answer; with an action, what the action made of the count. */
async function ask(path, action) {
  const request = action && {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ action }),
  };
  const response = await fetch(path, { ...request, signal: AbortSignal.timeout(PATIENCE) });
  const envelope = await response.json();
  if (envelope.code === 0) return envelope.data;
  throw Object.assign(new Refusal(envelope.errorMsg), { isCertain: response.ok });
}

// The count

let count; // undefined until the first answer
let announcedAt = 0;
let noteTimer;

function show(value) {
  if (value === count) return;
  const element = byId('count');
  element.textContent = value.toLocaleString('en');
  element.style.setProperty('--length', Math.max(element.textContent.length, 3));
  if (count !== undefined && !calm.matches) {
    element.animate({ opacity: [0.3, 1], transform: [`translateY(${value > count ? '' : '-'}0.06em)`, 'none'] }, 250);
  }
  showAnswer('answer', value + 1);
  count = value;
}

function note(words, n) {
  clearTimeout(noteTimer);
  say(byId('note'), words, n);
  noteTimer = setTimeout(() => say(byId('note'), ''), NOTE_STAYS);
}

function announce() {
  announcedAt = Date.now();
  say(byId('announcer'), '当前计数 {n}', count);
}

/** Shows what others made of the count, and reads it out now and then: not every step of a busy counter. */
function follow(value) {
  const before = count;
  show(value);
  if (before === undefined || value === before) return;
  idle = 0;
  if (value > before) note('刚刚有人 +{n}', value - before);
  else note('刚刚有人清零');
  if (Date.now() - announcedAt > ANNOUNCE_AT_MOST_EVERY) announce();
}

// Errors

let complaint; // 'look' or 'action': who has to succeed before the error goes

function complain(error, from, advice) {
  complaint = from;
  say(byId('reason'), error instanceof Refusal ? error.message : '服务暂时无法连接');
  say(byId('advice'), advice);
  byId('error').hidden = false;
}

function forgive() {
  complaint = undefined;
  byId('error').hidden = true;
}

// Looking for what others do, while somebody looks at the page

let timer;
let turn = 0; // an answer that something newer has overtaken is dropped
let looks = 0;
let idle = 0; // how many looks in a row saw nothing new
let hasFailed = false;
let isActing = false;

function lookLater() {
  clearTimeout(timer);
  timer = setTimeout(look, Math.min(LOOK_AFTER * LATER ** idle++, LOOK_AT_LEAST_EVERY));
}

/** Looks at once and often again: somebody is here. */
function lookNow() {
  idle = 0;
  look();
}

async function look() {
  clearTimeout(timer);
  if (document.hidden || isActing) return;

  const mine = ++turn;
  const hadFailed = hasFailed;
  try {
    const value = await ask('/api/count');
    if (mine !== turn) return;
    hasFailed = false;
    follow(value);
    if (complaint === 'look') forgive();
  } catch (error) {
    if (mine !== turn) return;
    hasFailed = true;
    complain(error, 'look', '页面会自动重试。');
  }
  allowActions(true);
  lookLater();
  if (hasFailed || hadFailed || looks++ % HEALTH_EVERY_LOOKS === 0) await askHealth();
}

async function askHealth() {
  let health;
  try {
    health = await ask('/health');
  } catch {
    health = undefined;
  }
  showState('service', health ? 'up' : 'down', { up: '正常', down: '无法连接' });
  showState('database', health?.database, { up: '正常', down: '没有应答' });
  showState('login', health?.login, { set: '已配置', unset: '未配置' });
  const isLoginUnset = health?.login === 'unset';
  say(byId('hint'), isLoginUnset ? '尚未配置微信登录，日志会说明缺少什么；计数不受影响。' : '');
}

function showState(id, state, words) {
  const row = byId(id);
  row.className = { up: 'good', set: 'good', down: 'bad' }[state] ?? '';
  say(row.querySelector('dd'), words[state] ?? '未知');
}

// What the visitor does

function allowActions(isAllowed) {
  actions.forEach(button => { button.disabled = !isAllowed; });
}

/** Carries an action out; without one, reads the count anew. */
async function act(action) {
  const focused = document.activeElement;
  isActing = true;
  turn++;
  allowActions(false);
  try {
    show(await ask('/api/count', action));
    forgive();
    note('');
    announce();
  } catch (error) {
    const isCertain = !action || error.isCertain;
    complain(error, 'action', isCertain ? '' : '刚才的操作可能已经生效，请以计数为准。');
  }
  isActing = false;
  idle = 0;
  allowActions(true);
  // A browser takes the focus from a disabled button, and from one that has gone.
  if (document.activeElement === document.body) (focused === byId('retry') ? byId('inc') : focused).focus();
  lookLater();
}

/** Shows the envelope that data would be answered in, which may be broken behind its commas. */
function showAnswer(id, data) {
  const parts = JSON.stringify({ code: 0, data }).match(/[^,]+,?/g);
  byId(id).replaceChildren(...parts.flatMap(part => [part, document.createElement('wbr')]));
}

async function copy(button) {
  const code = button.parentElement.querySelector('code');
  try {
    await navigator.clipboard.writeText(code.textContent);
    say(button, '已复制');
  } catch {
    // Without HTTPS there is no clipboard for a page.
    getSelection().selectAllChildren(code);
    say(button, '已选中，请手动复制');
  }
  setTimeout(() => say(button, '复制'), NOTE_STAYS);
}

byId('inc').addEventListener('click', () => act('inc'));
byId('retry').addEventListener('click', () => act());
byId('clear').addEventListener('click', () => byId('confirm').showModal());
byId('keep').addEventListener('click', () => byId('confirm').close());
byId('wipe').addEventListener('click', () => {
  byId('confirm').close();
  act('clear');
});
byId('language').addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh';
  remember();
  speak();
});
document.querySelectorAll('.copy').forEach(button => button.addEventListener('click', () => copy(button)));
document.addEventListener('visibilitychange', lookNow);
addEventListener('focus', lookNow);
addEventListener('online', lookNow);

document.querySelectorAll('.example code').forEach(code => {
  code.textContent = code.textContent.replaceAll('{origin}', location.origin);
});
showAnswer('clockin-answer', {
  day: new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10), // in China
  clockedInAt: Math.floor(Date.now() / 1000),
  streak: 1,
  missedDays: 0,
});
document.querySelectorAll('title, [data-t]').forEach(element => spoken.set(element, [element.textContent]));
speak();
look();
