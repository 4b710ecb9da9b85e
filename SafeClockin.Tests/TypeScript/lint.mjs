// Lints an API document by Redocly's recommended rules: node lint.mjs <file>. Prints each problem, warnings too.
import { createConfig, lint } from '@redocly/openapi-core';

const problems = await lint({ ref: process.argv[2], config: await createConfig({ extends: ['recommended'] }) });
for (const { ruleId, message, location } of problems) {
  console.log(`${ruleId}: ${message} (${location[0].pointer})`);
}
process.exit(problems.length === 0 ? 0 : 1);
