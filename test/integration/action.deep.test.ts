import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as ask, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { calls, scripted } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { projectRoot, Rig } from '../harness/rig.ts';

/** The action as GitHub's runner runs it: its inputs as INPUT_*, files for outputs and the summary, nothing else of this process. */
const folder = path.join(projectRoot, 'runner', 'action');
const hostile = '::error::pwned\n##[add-mask]a\n```\n@ada <img src=x>\n';
const reporting = scripted([calls('finish', { summary: hostile, claims: [], output: { text: 'It subtracts.' } })]);
const multiplying = scripted([
  calls('write', { path: 'sum.js', content: 'export const sum = (a, b) => a * b;\n' }),
  ...Array.from({ length: 8 }, () => calls('finish', { summary: 'Adds.', claims: [] })),
]);
const asking = scripted([calls('ask', { question: '::error::Which?', options: [] })]);

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly using: string; readonly main: string };
}

let action: Action;
let rig: Rig;
let repository: string;
beforeAll(async () => {
  action = parse(await readFile(path.join(folder, 'action.yml'), 'utf8'));
  const library =
    '---\ntitle: Ask\ngoal: optional\ninputs: { package: { type: string } }\n---\nAsk about {{package}}. {{goal}}\n';
  repository = pathToFileURL(
    await repositoryWith({ 'sum.js': 'export const sum = (a, b) => a - b;\n', '.longhaul/recipes/asks.md': library }),
  ).href;
  rig = await Rig.start({
    script: (asked, at) => {
      const body = JSON.stringify(asked.body);
      return (body.includes('Ask about') ? asking : body.includes('Let it add') ? multiplying : reporting)(asked, at);
    },
    config: { remotes: [{ match: 'file:///*' }] },
  });
});
afterAll(() => rig[Symbol.asyncDispose]());

const outputsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^([\w-]+)<<(\S+)\n([^]*?)\n\2$/gm)].map(([, name = '', , value = '']) => [name, value]),
  );

const step = async (given: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) => {
  const place = await mkdtemp(path.join(rig.folder, 'step-'));
  const files = { GITHUB_OUTPUT: path.join(place, 'output'), GITHUB_STEP_SUMMARY: path.join(place, 'summary') };
  for (const file of Object.values(files)) await writeFile(file, '');
  const said = { url: rig.url, token: rig.token, repository, ...given };
  const inputs = Object.entries(action.inputs).map(([name, input]) => [
    `INPUT_${name.toUpperCase()}`,
    (said as Readonly<Record<string, string>>)[name] ?? input.default ?? '',
  ]);
  const child = spawn(process.execPath, [path.join(folder, action.runs.main)], {
    env: { PATH: process.env['PATH'], ...files, ...Object.fromEntries(inputs), ...env },
    cwd: place,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = await once(child, 'close');
  const outputs = outputsIn(await readFile(files.GITHUB_OUTPUT, 'utf8'));
  const summary = await readFile(files.GITHUB_STEP_SUMMARY, 'utf8');
  await rm(place, { recursive: true });
  return { code, stdout, stderr, outputs, summary };
};

/** The commands that GitHub's runner would obey: `::name::` behind spaces, `##[name]` anywhere. */
const obeyed = (log: string): readonly string[] =>
  log.split('\n').flatMap((text) => /^\s*::([\w-]+)/.exec(text)?.[1] ?? /##\[/.exec(text)?.[0] ?? []);

test('a run is delegated, waited for, and told in outputs and the summary, as text', async () => {
  const { code, stdout, stderr, outputs, summary } = await step({ recipe: 'scan', goal: 'The checkout' });
  expect([code, stderr]).toEqual([0, '']);
  expect(outputs).toEqual({
    run: expect.stringMatching(/^run_/),
    number: expect.stringMatching(/^\d+$/),
    status: 'reviewing',
    outcome: 'done',
    'pull-request': '',
  });
  expect(Object.keys(outputs).toSorted()).toEqual(Object.keys(action.outputs).toSorted());
  expect(obeyed(stdout)).toEqual(['add-mask']);
  expect(stdout.split('\n')[0]).toBe(`::add-mask::${rig.token}`);
  expect(stdout.split('\n').slice(1).join('\n')).not.toContain(rig.token);
  expect(summary).toContain('### Longhaul: run ');
  expect(summary).toContain('````text\n::error::pwned\n##[add-mask]a\n```\n@ada <img src=x>\n');
  expect(summary.trimEnd().endsWith('````')).toBe(true);
});

test('a step that is run again within its attempt is the same run; another attempt is another', async () => {
  const workflow = { GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'scan', GITHUB_ACTION: 'longhaul' };
  const run = async (attempt: string) =>
    (await step({ recipe: 'scan', goal: 'Again', wait: 'false' }, { ...workflow, GITHUB_RUN_ATTEMPT: attempt }))
      .outputs['run'];
  const first = await run('1');
  expect(await run('1')).toBe(first);
  expect(await run('2')).not.toBe(first);
});

test('a run that asks is no failure, and says so; inputs and the budget go along', async () => {
  const { code, stdout, outputs } = await step({
    recipe: 'asks',
    inputs: 'package=lodash = 4\n',
    budget: 'turns=9,usd=none',
  });
  expect([code, outputs['outcome'], outputs['status']]).toEqual([0, 'waiting', 'waiting']);
  expect(obeyed(stdout)).toEqual(['add-mask', 'warning']);
  const { task } = await rig.api.runs.get.query({ run: outputs['run'] ?? '' });
  expect([task.goal, task.budget.turns]).toEqual(['Ask about lodash = 4.', 9]);
});

test('a result whose checks fail fails the step, until somebody accepts it all the same', async () => {
  const checked = await repositoryWith({
    'sum.js': 'export const sum = (a, b) => a - b;\n',
    '.longhaul/config.yaml': 'verification: ["grep -q \\"a + b\\" sum.js"]\n',
  });
  const wish = { repository: pathToFileURL(checked).href, goal: 'Let it add', 'idempotency-key': 'checked' };
  const first = await step(wish);
  expect([first.code, first.outputs['outcome'], first.outputs['status']]).toEqual([1, 'checks-failed', 'reviewing']);
  expect(first.summary).toContain('0 of 1 verification commands passed.');
  const { id, round } = await rig.api.runs.get.query({ run: first.outputs['run'] ?? '' });
  await rig.api.runs.review.mutate({ run: id, round, verdict: 'accepted' });
  const second = await step(wish);
  expect([second.code, second.outputs['run'], second.outputs['outcome']]).toEqual([0, id, 'done']);
});

test('a run that is cancelled fails the step', async () => {
  const wish = { recipe: 'asks', inputs: '{"package": "left-pad"}', 'idempotency-key': 'one' };
  const first = await step(wish);
  await rig.api.runs.cancel.mutate({ run: first.outputs['run'] ?? '' });
  const { code, stdout, outputs } = await step(wish);
  expect([code, outputs['run'], outputs['outcome']]).toEqual([1, first.outputs['run'], 'cancelled']);
  expect(stdout).toMatch(/^::error::Run \d+ was not done: cancelled by /m);
});

test.each<[string, Readonly<Record<string, string>>, RegExp]>([
  [
    'a token that is not known',
    { token: 'nobody-knows-this', goal: 'x' },
    /^::error::The runner at .* says no: 401: /m,
  ],
  ['no token', { token: '', goal: 'x' }, /^::error::token: there is none/m],
  ['an address in the open', { url: 'http://longhaul.example.org', goal: 'x' }, /^::error::url: expected https/m],
  ['neither goal nor recipe', {}, /says no: 400: goal: expected a goal, or a recipe/],
  ['an input that is none', { recipe: 'scan', inputs: 'package' }, /^::error::inputs: expected a line "name=value"/m],
  ['an input that there is not', { recipe: 'scan', inputs: 'a=b' }, /says no: 400: The recipe has no input a/],
  [
    'a budget that is none',
    { goal: 'x', budget: 'turns=many' },
    /^::error::budget: expected a number for turns, or none, and not "many"$/m,
  ],
  ['no minutes', { goal: 'x', timeout: 'long' }, /^::error::timeout: expected minutes, and not "long"$/m],
])('%s fails the step with a sentence', async (_name, given, says) => {
  const { code, stdout, stderr } = await step(given);
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(says);
});

/** What stands before the runner, and answers the first request itself. */
const before = async (first: (response: ServerResponse) => void) => {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key']?.toString());
    if (keys.length === 1) return void request.resume().once('end', () => first(response));
    request.pipe(
      ask(`${rig.url}${request.url ?? ''}`, { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // safe: it listens on a port
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, keys, [Symbol.asyncDispose]: async () => void server.close() };
};

test('a runner that is being restarted is asked again for the same run', async () => {
  await using busy = await before((response) => response.writeHead(503).end());
  const { code, outputs } = await step({ recipe: 'scan', goal: 'Later', url: busy.url });
  expect([code, outputs['outcome']]).toEqual([0, 'done']);
  expect(busy.keys[1]).toBe(busy.keys[0]);
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  ['what is no runner', (response) => response.writeHead(200).end('<h1>Hello</h1>'), /says no: 200: it is no Longhaul/],
  [
    'where it is sent on to',
    (response) => response.writeHead(307, { location: `${rig.url}/api/delegate` }).end(),
    /says no: 307: it is no Longhaul/,
  ],
])('%s gets no token', async (_name, answers, says) => {
  await using elsewhere = await before(answers);
  const known = (await rig.api.runs.list.query({})).runs.length;
  const { code, stdout } = await step({ goal: 'x', url: elsewhere.url });
  expect([code, elsewhere.keys.length]).toEqual([1, 1]);
  expect(stdout).toMatch(says);
  expect((await rig.api.runs.list.query({})).runs).toHaveLength(known);
});
