// Adds up what the test stages left in a folder and prints the line that CI reads. Exits 1 if anything failed.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [folder = '', failedStages = '0'] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const name of readdirSync(folder)) {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests;
}
// A stage that failed without a failing test (lint, the demo) is a failure too.
const total = failed === 0 ? Number(failedStages) : failed;
console.log(`${passed} passed, ${total} failed`);
process.exitCode = total === 0 && passed > 0 ? 0 : 1;
