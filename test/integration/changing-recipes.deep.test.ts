import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { calls, scripted, type Asked, type Reply } from '../fakes/openai/index.ts';
import { gitIn, repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

/** Built-in recipes whose result is a change of files, each on a repository of its kind, from what a person says to what is in their tree. */
const verify = 'node --test';
const tested = (name: string, body: string): string =>
  `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { ${name} } from './${name}.js';\n\n${body}`;
const edit = (file: string, old: string, to: string) => calls('edit', { path: file, old, new: to });
const run = calls('bash', { command: verify, timeoutSeconds: 60, network: null });

/** Ends with what it has changed as its claims. */
const finish =
  (summary: string) =>
  ({ entries }: Asked): Reply => {
    const made = entries.flatMap(({ by, call }) => (by === 'call' && call !== null ? [call] : []));
    return calls('finish', { summary, claims: [{ text: 'The tests pass', calls: made.slice(-1) }] });
  };

const esm = { 'package.json': '{ "type": "module" }\n' };

interface Kind {
  readonly recipe: string;
  readonly goal: string;
  /** In what the agent is asked. */
  readonly asked: RegExp;
  readonly before: Readonly<Record<string, string>>;
  /** What a branch has that a pull request proposes, which the run works on; null: it works on main. */
  readonly onBranch: Readonly<Record<string, string>> | null;
  readonly steps: Parameters<typeof scripted>[0];
  /** How its calls end, `finish` last: commands by their exit codes. What it sees fail it sees pass. */
  readonly ended: readonly string[];
  /** Command that is to have run before verification; null: none. */
  readonly setup: string | null;
  readonly summary: string;
  readonly applied: Readonly<Record<string, string>>;
}

const slug = "export const slug = (title) => title.toLowerCase().split(' ').join('-');\n";
const slugTest = tested('slug', "test('joins words', () => assert.equal(slug('One Two'), 'one-two'));\n");
const trimming = "test('trims', () => assert.equal(slug(' One '), 'one'));\n";

const total = 'export const total = (prices) => prices.reduce((sum, price) => sum + price);\n';
const ofNothing = 'export const total = (prices) => prices.reduce((sum, price) => sum + price, 0);\n';
const totalTest = tested('total', "test('adds', () => assert.equal(total([1, 2]), 3));\n");
const ofNone = "test('of none', () => assert.equal(total([]), 0));\n";

const install = 'npm install --offline --no-audit --no-fund';
const manifestWith = (greet: string): string =>
  `${JSON.stringify({ name: 'shop', version: '1.0.0', type: 'module', dependencies: { greet: `file:vendor/${greet}` } }, null, 2)}\n`;
/** A package of which no registry has to be asked. */
const vendored = (version: number, code: string): Readonly<Record<string, string>> => ({
  [`vendor/greet-${version}/package.json`]: JSON.stringify({
    name: 'greet',
    version: `${version}.0.0`,
    type: 'module',
    main: 'index.js',
  }),
  [`vendor/greet-${version}/index.js`]: code,
});

const kinds: readonly Kind[] = [
  {
    recipe: 'small-change',
    goal: 'slug() trims its title.',
    asked: /^# Goal\nMake this one change[^]*\n\nslug\(\) trims its title\.\n\n1\. Find the place/,
    before: { ...esm, 'slug.js': slug, 'slug.test.js': slugTest },
    onBranch: null,
    steps: [
      edit('slug.test.js', "'one-two'));\n", `'one-two'));\n${trimming}`),
      run,
      edit('slug.js', 'title.toLowerCase', 'title.trim().toLowerCase'),
      run,
    ],
    ended: ['ok', '1', 'ok', '0', 'ok'],
    setup: null,
    summary: 'Titles are trimmed. Left: more than one space between words.',
    applied: { 'slug.js': slug.replace('title.to', 'title.trim().to'), 'slug.test.js': `${slugTest}${trimming}` },
  },
  {
    recipe: 'address-review',
    goal: 'total.js:1: What of no prices?\ntotal.js:1: Call it sum.',
    asked:
      /^# Goal\nA review of a pull request asks for changes\.[^]*\n\ntotal\.js:1: What of no prices\?\ntotal\.js:1: Call it sum\.\n\n1\. List/,
    before: esm,
    onBranch: { 'total.js': total, 'total.test.js': totalTest },
    steps: [
      edit('total.test.js', 'total([1, 2]), 3));\n', `total([1, 2]), 3));\n${ofNone}`),
      run,
      edit('total.js', 'sum + price)', 'sum + price, 0)'),
      run,
    ],
    ended: ['ok', '1', 'ok', '0', 'ok'],
    setup: null,
    summary: 'total.js:1: of no prices it is 0.\ntotal.js:1: not called sum: it is exported, and others use it.',
    applied: { 'total.js': ofNothing, 'total.test.js': `${totalTest}${ofNone}` },
  },
  {
    recipe: 'fix-failing-test',
    goal: 'total.test.js: of none',
    asked: /^# Goal\nMake this pass, for the right reason:\n\ntotal\.test\.js: of none\n\n1\. Run/,
    before: { ...esm, 'total.js': total, 'total.test.js': `${totalTest}${ofNone}` },
    onBranch: null,
    steps: [run, edit('total.js', 'sum + price)', 'sum + price, 0)'), run],
    ended: ['1', 'ok', '0', 'ok'],
    setup: null,
    summary: 'Of no prices the total is 0.',
    applied: { 'total.js': ofNothing, 'total.test.js': `${totalTest}${ofNone}` },
  },
  {
    recipe: 'add-tests',
    goal: 'slug() trims.',
    asked: /^# Goal\nWrite tests for this:\n\nslug\(\) trims\.\n\n1\. Look/,
    before: { ...esm, 'slug.js': slug.replace('title.to', 'title.trim().to'), 'slug.test.js': slugTest },
    onBranch: null,
    steps: [
      edit('slug.test.js', "'one-two'));\n", `'one-two'));\n${trimming}`),
      edit('slug.js', '.trim()', ''),
      run,
      edit('slug.js', 'title.to', 'title.trim().to'),
      run,
    ],
    ended: ['ok', 'ok', '1', 'ok', '0', 'ok'],
    setup: null,
    summary: 'A test that fails without trim().',
    applied: { 'slug.js': slug.replace('title.to', 'title.trim().to'), 'slug.test.js': `${slugTest}${trimming}` },
  },
  {
    recipe: 'update-docs',
    goal: 'README.md',
    asked: /^# Goal\nCompare the documentation[^]*\n\nREADME\.md\n\n1\. Find/,
    before: { ...esm, 'slug.js': slug, 'slug.test.js': slugTest, 'README.md': '`slug("One Two")` is `one_two`.\n' },
    onBranch: null,
    steps: [run, edit('README.md', 'one_two', 'one-two'), run],
    ended: ['0', 'ok', '0', 'ok'],
    setup: null,
    summary: 'README.md said one_two.',
    applied: { 'README.md': '`slug("One Two")` is `one-two`.\n', 'slug.js': slug },
  },
  {
    recipe: 'update-dependency',
    goal: 'greet to version 2, which is in vendor/greet-2',
    asked: /^# Goal\nUpdate this, [^]*\n\ngreet to version 2, which is in vendor\/greet-2\n\n1\. Find/,
    before: {
      'package.json': manifestWith('greet-1'),
      'package-lock.json': JSON.stringify({
        name: 'shop',
        version: '1.0.0',
        lockfileVersion: 3,
        requires: true,
        packages: {
          '': { name: 'shop', version: '1.0.0', dependencies: { greet: 'file:vendor/greet-1' } },
          'node_modules/greet': { resolved: 'vendor/greet-1', link: true },
          'vendor/greet-1': { name: 'greet', version: '1.0.0' },
        },
      }),
      '.gitignore': 'node_modules\n',
      ...vendored(1, 'export const greet = (name) => `Hello ${name}`;\n'),
      ...vendored(2, 'export const greet = ({ name }) => `Hello ${name}`;\n'),
      'use.js': "import { greet } from 'greet';\nexport const use = (name) => greet(name);\n",
      'use.test.js': tested('use', "test('greets', () => assert.equal(use('Ada'), 'Hello Ada'));\n"),
    },
    onBranch: null,
    steps: [
      calls('bash', { command: `${install} ./vendor/greet-2`, timeoutSeconds: 60, network: null }),
      run,
      edit('use.js', 'greet(name)', 'greet({ name })'),
      run,
    ],
    ended: ['0', '1', 'ok', '0', 'ok'],
    setup: 'npm ci --offline --no-audit --no-fund',
    summary: 'greet is 2.0.0, was 1.0.0: it takes an object now.',
    applied: {
      'package.json': manifestWith('greet-2'),
      'use.js': "import { greet } from 'greet';\nexport const use = (name) => greet({ name });\n",
    },
  },
];

test.each(kinds)('$recipe: asked, changed, verified, reported and applied', async (kind) => {
  const asked: Asked[] = [];
  const script = scripted([...kind.steps, finish(kind.summary)]);
  await using rig = await Rig.start({
    script: (request, at) => {
      asked.push(request);
      return script(request, at);
    },
  });
  const from = await repositoryWith(kind.before);
  if (kind.onBranch !== null) {
    gitIn(from, 'switch', '--quiet', '--create', 'pull-request');
    for (const [name, text] of Object.entries(kind.onBranch)) await writeFile(path.join(from, name), text);
    gitIn(from, 'add', '--all');
    gitIn(from, 'commit', '--quiet', '--message=Proposed');
  }
  const setup = kind.setup === null ? [] : ['--setup', kind.setup];
  const cli = (...args: readonly string[]) => rig.cli([...args], { cwd: from });
  expect(
    await cli('delegate', '--recipe', kind.recipe, kind.goal, '--verify', verify, '--watch', ...setup),
  ).toMatchObject({
    code: 3,
  });
  expect(asked[0]?.entries[0]?.text).toMatch(kind.asked);
  const { runs } = await rig.api.runs.list.query({});
  const { id } = runs[0]!;
  expect(await rig.api.runs.get.query({ run: id })).toMatchObject({
    status: 'reviewing',
    task: { recipe: kind.recipe, source: { branch: kind.onBranch === null ? 'main' : 'pull-request' } },
    report: { summary: kind.summary, claims: [{ text: 'The tests pass' }] },
    verification: [{ command: verify, exitCode: 0 }],
  });
  const ended = (await rig.events(id)).flatMap(({ body }) =>
    body.type === 'call.finished' ? [/exit code (\d+)/i.exec(body.output)?.[1] ?? body.outcome] : [],
  );
  expect(ended).toEqual(kind.ended);
  expect((await cli('accept', id)).code).toBe(0);
  expect(await cli('apply', id)).toMatchObject({ code: 0 });
  const files = await Promise.all(
    Object.keys(kind.applied).map(async (name) => [name, await readFile(path.join(from, name), 'utf8')] as const),
  );
  expect(Object.fromEntries(files)).toEqual(kind.applied);
});
