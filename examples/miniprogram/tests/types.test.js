const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const folder = path.join(__dirname, '..');
const tsc = path.join(folder, 'node_modules', 'typescript', 'bin', 'tsc');

test('the types are right', { skip: !existsSync(tsc) && 'npm ci has not been run' }, () => {
  const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
