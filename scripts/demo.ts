// The main job, from end to end, on a small repository with real failing tests:
//   npm run demo             asks you for the approval on the way
//   npm run demo -- --yes    answers it itself
// With OPENAI_API_KEY or OPENAI_BASE_URL a real model does the work; without, a scripted one over real HTTP.
import { parseArgs } from 'node:util';
import demoModel from './demo-model.ts';
import { say, Stage } from './demo-stage.ts';

const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } });
const goal =
  'Some tests of this repository fail (node --test). Find out why, mend the code, not the tests, and show that all tests pass.';

/** False: it did not come to its end. */
const play = async (stage: Stage): Promise<boolean> => {
  await stage.commit();
  say('1. Delegate the repair of a repository with failing tests');
  console.log(`   ${stage.repository}`);
  const began = await stage.run('delegate', goal, '--title', 'Mend the failing tests', '--watch');
  say('2. Decide what it asks for');
  const code = await stage.decided('latest', began);
  if (code === 1 || code === 2) throw new Error('The delegation failed; what it says above tells why.');
  say('3. What there is to review: evidence, then the diff');
  await stage.run('show', 'latest');
  await stage.run('diff', 'latest');
  say('4. Accept it, as a branch');
  return (
    (await stage.run('accept', 'latest')) === 0 &&
    (await stage.run('apply', 'latest', '--branch', 'longhaul/mend-the-tests')) === 0
  );
};

const stage = await Stage.open({ name: 'longhaul-demo', script: demoModel, yes: values.yes });
const { repository, scripted } = stage;
say(
  scripted
    ? 'Longhaul demo, with a SCRIPTED model: set OPENAI_API_KEY to see a real one at work'
    : 'Longhaul demo, with your model',
);
if (scripted)
  console.log('It answers over real HTTP from a script. Runner, sandbox, approval, tests and diff are the real ones.');
let done = false;
try {
  done = await play(stage);
} finally {
  await stage[Symbol.asyncDispose]();
}
if (done) {
  say('Done.');
  console.log(
    `The repaired branch is in ${repository}:\n  git -C ${repository} log --stat main..longhaul/mend-the-tests`,
  );
} else {
  console.error('\nThe demo did not come to its end; above is where it stopped.');
  process.exitCode = 1;
}
