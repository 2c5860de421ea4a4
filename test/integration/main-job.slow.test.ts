import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import type { DecisionSummary } from '../../shared/run/summary.ts';
import demoModel from '../../scripts/demo-model.ts';
import { calls, scripted, type Asked, type Reply } from '../fakes/openai/index.ts';
import { gitIn, sampleRepository } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

/** What `decisions --json` prints. */
interface Open {
  readonly decisions: readonly DecisionSummary[];
}

/** The command line as a script uses it: one JSON document on stdout, and nothing else. */
const json = async (
  rig: Rig,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number; value: unknown; lines: readonly unknown[] }> => {
  const { code, stdout, stderr } = await rig.cli([...args, '--json'], { cwd });
  const lines = stdout.split('\n').filter(Boolean);
  if (lines.length === 0) throw new Error(`longhaul ${args.join(' ')} printed no JSON (exit ${code}): ${stderr}`);
  return {
    code,
    value: lines.length === 1 ? JSON.parse(lines[0]!) : null,
    lines: lines.map((line): unknown => JSON.parse(line)),
  };
};

describe('the main job, from the command line', () => {
  let rig: Rig;
  let repository: string;
  let state: RunState;
  const cli = (...args: string[]) => rig.cli(args, { cwd: repository });

  beforeAll(async () => {
    rig = await Rig.start({ script: demoModel });
    repository = await sampleRepository();
    // Work in progress that goes along, and must be as it was afterwards.
    await writeFile(path.join(repository, 'notes.txt'), 'not committed\n');
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  test('delegating ends with 3 when a person is asked', async () => {
    const { code, stderr } = await rig.cli(['delegate', 'Mend the failing tests', '--watch', '--json'], {
      cwd: repository,
    });
    expect({ code, stderr }).toMatchObject({ code: 3 });
  });

  test('the decision says what, why, what follows and until when', async () => {
    const { code, value } = await json(rig, ['decisions'], repository);
    const [decision, ...others] = (value as Open).decisions; // safe: what the help says
    expect({ code, others }).toEqual({ code: 0, others: [] });
    expect(decision).toMatchObject({
      status: 'pending',
      request: {
        kind: 'call',
        tool: 'bash',
        arguments: { command: 'node receipts/record.js' },
        reason: expect.stringContaining('wrong total'),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  test('approving it wakes the run, which then waits for review', async () => {
    const { value } = await json(rig, ['decisions'], repository);
    const [decision] = (value as Open).decisions; // safe: as above
    expect((await cli('approve', decision!.request.id, '--yes')).code).toBe(0);
    expect((await cli('watch', 'latest')).code).toBe(3);
    state = await rig.settled(decision!.run, ({ status }) => status === 'reviewing');
    expect(state).toMatchObject({ verification: [{ command: 'node --test', exitCode: 0 }], result: { files: 2 } });
  });

  test('each claim of the report points to a call that is on record', async () => {
    const finished = new Set(
      (await rig.events(state.id)).flatMap(({ body }: RunEvent) => (body.type === 'call.finished' ? [body.call] : [])),
    );
    const claims = state.report?.claims ?? [];
    expect(claims).toHaveLength(4);
    for (const { calls } of claims) expect(calls.every((call) => finished.has(call))).toBe(true);
  });

  test('the diff has what the agent changed, and not what was there before', async () => {
    const { code, stdout } = await cli('diff', 'latest', '--patch');
    expect(code).toBe(0);
    expect(stdout).toContain('+    const discount = count >= 10 ? 0.1 : 0;');
    expect(stdout).not.toContain('notes.txt');
  });

  test('accepted, it becomes a branch whose tests pass; nothing else in the repository changes', async () => {
    const before = {
      status: gitIn(repository, 'status', '--porcelain=v2'),
      head: gitIn(repository, 'rev-parse', 'HEAD'),
    };
    expect((await cli('accept', 'latest')).code).toBe(0);
    expect((await cli('apply', 'latest', '--branch', 'mended')).code).toBe(0);
    expect({
      status: gitIn(repository, 'status', '--porcelain=v2'),
      head: gitIn(repository, 'rev-parse', 'HEAD'),
    }).toEqual(before);
    expect(gitIn(repository, 'show', 'mended:src/cart.js')).toContain('count >= 10');
  });

  test('applied to the working tree it merges with what changed there meanwhile, and can be undone', async () => {
    const file = path.join(repository, 'src', 'cart.js');
    const mine = (await readFile(file, 'utf8')).replace('/** Sums a cart', '/** Mine: sums a cart');
    await writeFile(file, mine);
    expect((await cli('apply', 'latest')).code).toBe(0);
    const merged = await readFile(file, 'utf8');
    expect(merged).toContain('Mine: sums a cart');
    expect(merged).toContain('count >= 10');
    expect((await cli('apply', 'latest', '--undo')).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(mine);
  });

  test('where both changed the same lines there is a conflict to solve, and nothing is lost', async () => {
    const file = path.join(repository, 'src', 'cart.js');
    const mine = (await readFile(file, 'utf8')).replace('count > 10', 'count > 12');
    await writeFile(file, mine);
    const { code, stdout } = await cli('apply', 'latest');
    expect(code).toBe(1);
    expect(stdout).toContain('src/cart.js');
    const marked = await readFile(file, 'utf8');
    expect(marked).toMatch(/<<<<<<<[\s\S]*count > 12[\s\S]*count >= 10[\s\S]*>>>>>>>/);
    expect((await cli('apply', 'latest', '--undo')).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(mine);
  });

  test('show and runs tell the same as the state', async () => {
    const [shown, listed] = [await json(rig, ['show', 'latest'], repository), await json(rig, ['runs'], repository)];
    expect(shown.code + listed.code).toBe(0);
    expect(JSON.stringify(shown.value)).toContain(state.id);
    expect(JSON.stringify(listed.value)).toContain(state.id);
  });
});

const touch = (file: string): Reply =>
  calls('bash', { command: `echo hello > ${file}`, timeoutSeconds: null, network: null });
const finish = ({ entries }: Asked): Reply =>
  calls('finish', {
    summary: 'Written.',
    claims: [{ text: 'It is there', calls: [entries.find(({ by }) => by === 'call')?.call ?? ''] }],
  });
const inRounds = scripted([
  touch('first.txt'),
  finish,
  (asked) =>
    asked.entries.at(-1)?.text.includes('a second one, please') === true ? touch('second.txt') : calls('nothing', {}),
  finish,
]);

describe('a person takes part', () => {
  test('by editing what is approved, which is checked again', async () => {
    await using rig = await Rig.start({ script: demoModel });
    const repository = await sampleRepository();
    await rig.cli(['delegate', 'Mend the failing tests', '--watch'], { cwd: repository });
    const [decision] = ((await json(rig, ['decisions'], repository)).value as Open).decisions; // safe: as above
    const { id } = decision!.request;
    const wrong = await rig.cli(['approve', id, '--yes', '--arguments', '{"command": 7}'], { cwd: repository });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('command') });
    const edited = JSON.stringify({
      command: 'node receipts/record.js && echo edited',
      timeoutSeconds: null,
      network: null,
    });
    expect((await rig.cli(['approve', id, '--yes', '--arguments', edited], { cwd: repository })).code).toBe(0);
    const state = await rig.settled(decision!.run, ({ status }) => status === 'reviewing');
    expect(
      (await rig.events(state.id)).filter(
        ({ body }) => body.type === 'call.finished' && body.output.includes('edited'),
      ),
    ).toHaveLength(1);
  });

  test('by rejecting, with a reason that the agent gets', async () => {
    await using rig = await Rig.start({ script: demoModel });
    const repository = await sampleRepository();
    await rig.cli(['delegate', 'Mend the failing tests', '--watch'], { cwd: repository });
    const [decision] = ((await json(rig, ['decisions'], repository)).value as Open).decisions; // safe: as above
    expect((await rig.cli(['reject', decision!.request.id, '--reason', 'leave them'], { cwd: repository })).code).toBe(
      0,
    );
    // The tests still fail, so verification does: shown to the agent, whose script has no more to say.
    const over = await rig.settled(decision!.run, ({ status }) => status === 'reviewing' || status === 'waiting');
    const rejected = (await rig.events(over.id)).find(
      ({ body }) => body.type === 'call.finished' && body.outcome === 'rejected',
    );
    expect(rejected?.body).toMatchObject({ output: expect.stringContaining('leave them') });
  });

  test('by asking for changes, which the agent is shown, and which begin another round', async () => {
    await using rig = await Rig.start({ script: inRounds });
    const repository = await sampleRepository();
    const verified = ['--verify', 'test -e first.txt'];
    expect((await rig.cli(['delegate', 'Write files', '--watch', ...verified], { cwd: repository })).code).toBe(3);
    const first = await rig.cli(['diff', 'latest', '--name-only'], { cwd: repository });
    expect(first.stdout).toBe('first.txt\n');
    expect((await rig.cli(['discard', 'latest', '--changes', 'a second one, please'], { cwd: repository })).code).toBe(
      0,
    );
    expect((await rig.cli(['watch', 'latest'], { cwd: repository })).code).toBe(3);
    const second = await rig.cli(['diff', 'latest', '--name-only'], { cwd: repository });
    expect(second.stdout).toBe('first.txt\nsecond.txt\n');
    const [run] = ((await json(rig, ['runs'], repository)).value as { runs: RunState[] }).runs; // safe: as above
    expect(run).toMatchObject({ status: 'reviewing', round: 2 });
    // Whoever has not heard that there is another round accepts none by mistake.
    for (const command of [['accept'], ['discard'], ['discard', '--changes', 'a third one']])
      for (const round of [[], ['--round', '1']]) {
        const refused = await rig.cli([...command, 'latest', ...round], { cwd: repository });
        expect([command, round, refused.code, refused.stderr]).toEqual([
          command,
          round,
          1,
          expect.stringContaining('--round 2'),
        ]);
      }
    expect((await rig.cli(['show', 'latest'], { cwd: repository })).stdout).toContain('longhaul accept 1 --round 2');
    expect((await rig.cli(['accept', 'latest', '--round', '2'], { cwd: repository })).code).toBe(0);
  });

  test('by telling the agent something while it works', async () => {
    const { promise: working, resolve: works } = Promise.withResolvers<void>();
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    await using rig = await Rig.start({
      script: async (asked, place) => {
        if (place.turn > 0) return finish(asked);
        works();
        await told;
        return touch('first.txt');
      },
    });
    const repository = await sampleRepository();
    const { id } = await rig.delegate({ goal: 'Write a file', repository, verification: [] });
    await working;
    expect((await rig.cli(['message', 'latest', 'mind the gap'], { cwd: repository })).code).toBe(0);
    tell();
    await rig.settled(id, ({ status }) => status === 'reviewing');
    const requests = rig.model.journal.map(({ body }) => JSON.stringify(body).includes('mind the gap'));
    expect(requests).toEqual([false, true]);
  });

  test('by cancelling, at once and for good', async () => {
    await using rig = await Rig.start({ script: demoModel });
    const repository = await sampleRepository();
    await rig.cli(['delegate', 'Mend the failing tests', '--watch'], { cwd: repository });
    const [decision] = ((await json(rig, ['decisions'], repository)).value as Open).decisions; // safe: as above
    expect((await rig.cli(['cancel', 'latest'], { cwd: repository })).code).toBe(0);
    const { run, request } = decision!;
    const late = rig.api.decisions.decide.mutate({
      run,
      decision: request.id,
      hash: request.hash,
      verdict: { kind: 'approved' },
    });
    await expect(late).rejects.toThrow(/^Run \d+ is over: it is cancelled\.$/);
    expect(((await json(rig, ['decisions'], repository)).value as Open).decisions).toEqual([]); // safe: as above
    expect((await rig.cli(['watch', 'latest'], { cwd: repository })).code).toBe(1);
  });
});
