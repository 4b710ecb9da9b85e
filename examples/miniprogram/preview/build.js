/**
 * Makes one HTML page of the mini-program in ../app, which shows it in a browser by WeChat's own component framework.
 * `node build.js` writes the page to stdout.
 */
const fs = require('node:fs');
const path = require('node:path');
const { TmplGroup } = require('glass-easel-template-compiler');

const APP = path.join(__dirname, '..', 'app');

const read = (file, otherwise) => {
  const whole = path.join(APP, file);
  return otherwise === undefined || fs.existsSync(whole) ? fs.readFileSync(whole, 'utf8') : otherwise;
};
const readJson = file => JSON.parse(read(file, '{}'));

/** The length of WeChat, of which 750 make the width of the screen. */
const withoutRpx = css => css.replace(/(-?[\d.]+)rpx/g, 'calc($1 * var(--rpx))');

/** Has the classes of a component mean nothing outside of it. */
const withPrefix = (css, prefix) => css.replace(/\.([a-z][\w-]*)(?=[^{}]*\{)/gi, `.${prefix}--$1`);

function build() {
  const app = readJson('app.json');
  const theme = readJson(app.themeLocation);
  const group = new TmplGroup();
  const components = {}; // by path: pages, and what they use
  const styles = [fs.readFileSync(path.join(__dirname, 'wechat.css'), 'utf8'), withoutRpx(read('app.wxss'))];

  const addTemplate = name => {
    const problems = group.addTmpl(name, read(`${name}.wxml`));
    if (problems.length) throw new Error(`${name}.wxml: ${JSON.stringify(problems, null, 2)}`);
    for (const included of group.getDirectDependencies(name)) addTemplate(included);
  };

  const add = name => {
    if (name in components) return;
    const config = readJson(`${name}.json`);
    addTemplate(name);
    const css = withoutRpx(read(`${name}.wxss`, ''));
    const scope = config.component ? name.replaceAll('/', '-') : undefined;
    // A page's style is for this page alone, and weighs no more than in WeChat.
    styles.push(scope ? withPrefix(css, scope) : `:where([data-page="${name}"]) {\n${css}}`);
    components[name] = { config, scope };
    for (const used of Object.values({ ...app.usingComponents, ...config.usingComponents })) {
      add(path.posix.resolve('/', path.posix.dirname(name), used).slice(1));
    }
  };
  app.pages.forEach(add);

  const modules = fs.readdirSync(APP, { recursive: true })
    .filter(file => file.endsWith('.js'))
    .map(file => file.replaceAll(path.sep, '/').slice(0, -'.js'.length));
  const asFunction = source => `(module, exports, require) => {\n${source}\n}`;
  const asTable = entries => `{${entries.map(([name, source]) => `${JSON.stringify(name)}: ${source}`).join(',\n')}}`;
  /** What app.json says of the window and the tab bar, as custom properties; what begins with @ stands in theme.json. */
  const barsIn = scheme => ['window', 'tabBar'].flatMap(part => Object.entries(app[part])
    .filter(([, value]) => typeof value === 'string')
    .map(([key, value]) => `--${part}-${key}: ${value[0] === '@' ? theme[scheme][value.slice(1)] : value};`)).join(' ');

  const css = [
    `:root { color-scheme: ${app.darkmode ? 'light dark' : 'light'}; ${barsIn('light')} }`,
    `@media (prefers-color-scheme: dark) { :root { ${barsIn('dark')} } }`,
    ...styles,
  ].join('\n');
  // Without darkmode WeChat shows the light look on a dark phone, too.
  const themed = app.darkmode ? css : css.replaceAll('(prefers-color-scheme: dark)', 'not all');

  const script = `
const modules = ${asTable([
    ...['glass-easel', 'glass-easel-miniprogram-adapter'].map(name => [name, fs.readFileSync(require.resolve(name), 'utf8')]),
    ...modules.map(name => [`/${name}`, read(`${name}.js`)]),
  ].map(([name, source]) => [name, asFunction(source)]))};
const templates = ${group.getTmplGenObjectGroups()};
const components = ${JSON.stringify(components)};
const app = ${JSON.stringify(app)};
${fs.readFileSync(path.join(__dirname, 'runtime.js'), 'utf8')}`;

  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${app.window.navigationBarTitleText}</title>
<style>
${themed}
</style>
</head>
<body>
<script>${script.replaceAll('</script', '<\\/script').replace(/^\/\/# sourceMappingURL.*$/gm, '')}</script>
</body>
</html>
`;
}

module.exports = { build };

if (require.main === module) process.stdout.write(build());
