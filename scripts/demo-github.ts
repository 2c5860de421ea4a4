// From a labelled issue to a merged pull request:
//   npm run demo:github             asks you for the approval on the way
//   npm run demo:github -- --yes    answers it itself
// GitHub is a stand-in on this machine: its API is emulate, by others; its git is git's own, over HTTP. With OPENAI_API_KEY or OPENAI_BASE_URL a
// real model does the work; without, a scripted one.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { calls, says, scripted, together } from '../test/fakes/openai/index.ts';
import { GitHub, hookSecret } from '../test/harness/github.ts';
import { repair } from './demo-model.ts';
import { say, Stage } from './demo-stage.ts';

const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } });
const place = { owner: 'acme', repo: 'shop' };
const trigger = `# What begins runs by itself. It counts once it is on the default branch and somebody enabled it.
on: { github: issue-labeled, label: agent }
goal: >
  Do what the issue tells. Mend the code, not the tests, and show that all tests pass.
publish: ready
`;
const cases = `
test('eleven apples get a tenth off, too', () => {
  assert.equal(total([{ name: 'apple', price: 25, count: 11 }]), 248);
});
`;
const last = '  assert.deepEqual(carts.map(receipt), recorded);\n});\n';
const quick = { timeoutSeconds: 60, network: null };
/** What the scripted model does when the pull request was reviewed. */
const answers = [
  together(
    says('A case above ten is missing, that is right.'),
    calls('edit', { path: 'test/cart.test.js', old: last, new: `${last}${cases}` }),
  ),
  calls('bash', { command: 'node --test', ...quick }),
  calls('finish', {
    summary: 'Eleven apples are tested as well: the discount holds above ten, and is rounded.',
    claims: [],
  }),
];

interface Shown {
  readonly state: {
    readonly status: string;
    readonly round: number;
    readonly effects: readonly { readonly round: number; readonly status: string }[];
  };
}

interface Firings {
  readonly firings: readonly { readonly about: string; readonly run: { readonly run: string } | null }[];
}

/** Asks until it is so. Throws after five minutes. */
const until = async <Found>(what: string, find: () => Promise<Found | null>): Promise<Found> => {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await find();
    if (found !== null) return found;
    await sleep(500);
  }
  throw new Error(`After five minutes ${what}.`);
};

const play = async (stage: Stage, github: GitHub): Promise<boolean> => {
  const at = ['--repo', github.url];
  say('1. The repository brings a trigger; somebody who may says that it counts');
  console.log(trigger.replaceAll(/^/gm, '   '));
  if ((await stage.run('triggers', 'enable', 'bugs', ...at)) !== 0) return false;
  // safe: written by the runner
  const { url } = JSON.parse(readFileSync(path.join(stage.home, 'runner.json'), 'utf8')) as { readonly url: string };
  const events = ['issues', 'pull_request', 'pull_request_review', 'check_run'];
  await github.hook(`${url}/webhooks/github`, { secret: hookSecret, events });

  say('2. mia opens an issue. Ada, who may write to the repository, labels it “agent”');
  const [acme, ada, mia] = await Promise.all([github.as('acme'), github.as('ada'), github.as('mia')]);
  await acme.repos.addCollaborator({ ...place, username: 'ada', permission: 'push' });
  const body = 'Ten apples cost as much as ten times one apple, and totals have fractions of a cent.';
  const { data: issue } = await mia.issues.create({ ...place, title: 'The discount is wrong', body });
  await ada.issues.addLabels({ ...place, issue_number: issue.number, labels: ['agent'] });
  // safe: what its help says it prints
  const shown = async () => (await stage.ask('triggers', 'show', 'bugs', ...at)) as Firings;
  const run = await until('the issue has begun no run', async () => (await shown()).firings[0]?.run?.run ?? null);
  const code = await stage.decided(run, await stage.run('watch', run));
  if (code === 1 || code === 2) return false;

  const published = (round: number) =>
    until(`round ${round} is not on GitHub`, async () => {
      const { state } = (await stage.ask('show', run)) as Shown; // safe: what its help says it prints
      const told = state.effects.filter((effect) => effect.round === round);
      return state.round === round && told.length > 0 && state.effects.every(({ status }) => status === 'done')
        ? true
        : null;
    });
  await published(1);
  await github.sync();
  const {
    data: [pull],
  } = await acme.pulls.list(place);
  if (pull === undefined) throw new Error('There is no pull request.');
  say(`3. Its result is a pull request, #${pull.number}: ${pull.title}`);
  console.log((pull.body ?? '').replaceAll(/^/gm, '   │ '));

  say('4. Ada asks for changes there; that is the next round, on the same branch');
  await ada.pulls.createReview({
    ...place,
    pull_number: pull.number,
    event: 'REQUEST_CHANGES',
    body: 'Please test eleven apples, too.',
  });
  await published(2);
  await github.sync();
  const { data: comments } = await acme.issues.listComments({ ...place, issue_number: pull.number });
  console.log((comments.at(-1)?.body ?? '').replaceAll(/^/gm, '   │ '));

  say('5. It is merged there, and so accepted here');
  await acme.pulls.merge({ ...place, pull_number: pull.number, commit_title: `Mend the discount (#${pull.number})` });
  await until('the run is not accepted', async () =>
    ((await stage.ask('show', run)) as Shown).state.status === 'accepted' ? true : null,
  );
  await stage.run('show', run);
  await stage.run('triggers', 'show', 'bugs', ...at);
  await github.sync();
  const there = github.url.replace('://', `://x-access-token:${github.token}@`);
  await stage.git('fetch', '--quiet', there, '+refs/heads/*:refs/remotes/origin/*');
  return true;
};

const stage = await Stage.open({
  name: 'longhaul-demo-github',
  script: scripted([...repair, ...answers]),
  yes: values.yes,
  env: { TOKEN_OF_THE_RUNNER: 'token-of-acme', HOOK_SECRET: hookSecret },
});
mkdirSync(path.join(stage.repository, '.longhaul', 'triggers'));
writeFileSync(path.join(stage.repository, '.longhaul', 'triggers', 'bugs.yaml'), trigger);
await stage.commit();
const github = await GitHub.start(stage.repository, ['acme', 'ada', 'mia']);
const remotes = [github.remote('TOKEN_OF_THE_RUNNER', 'HOOK_SECRET')];
writeFileSync(path.join(stage.home, 'config.yaml'), JSON.stringify({ remotes }));
say(
  stage.scripted
    ? 'From an issue to a pull request, with a SCRIPTED model: set OPENAI_API_KEY to see a real one at work'
    : 'From an issue to a pull request, with your model',
);
console.log(
  'GitHub is a stand-in here. Runner, webhooks, signatures, sandbox, approval, tests and git are the real ones.',
);
let done = false;
try {
  done = await play(stage, github);
} finally {
  await stage[Symbol.asyncDispose]();
  await github[Symbol.asyncDispose]();
}
if (done) {
  say('Done.');
  console.log(`What was there is in ${stage.repository} (the stand-in merges the first commit of a pull request alone):
  git -C ${stage.repository} log --graph --stat --all`);
} else {
  console.error('\nThe demo did not come to its end; above is where it stopped.');
  process.exitCode = 1;
}
