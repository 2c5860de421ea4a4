// Says which tests failed in the stages that left their counts in a folder, and adds the counts up in the line that CI reads.
// Exits 1 if anything failed.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [folder = '', failedStages = '0'] = process.argv.slice(2);

/** Tells what failed in a file; how often. A file that could not be loaded fails without a test of its own. */
const told = (word, { name: file, message, assertionResults }) => {
  const failures = assertionResults.filter(({ status }) => status === 'failed');
  for (const { fullName, failureMessages } of failures)
    console.log(`\n${word} ${path.relative('', file)}: ${fullName}\n${failureMessages.join('\n')}`);
  if (failures.length === 0 && message) console.log(`\n${word} ${path.relative('', file)}\n${message}`);
  return failures.length;
};

let passed = 0;
let failed = 0;
for (const name of readdirSync(folder)) {
  const { testResults, failedFirst = [] } = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  for (const file of failedFirst) told('FAILED THE FIRST TIME, and run once more:', file);
  for (const file of testResults) {
    passed += file.assertionResults.filter(({ status }) => status === 'passed').length;
    failed += told('FAILED', file);
  }
}
// A stage that failed without a failing test (lint, the demo) is a failure too.
const total = failed === 0 ? Number(failedStages) : failed;
console.log(`${passed} passed, ${total} failed`);
process.exitCode = total === 0 && passed > 0 ? 0 : 1;
