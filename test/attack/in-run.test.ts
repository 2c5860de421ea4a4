import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SandboxResult } from '../../runner/sandbox/sandbox.ts';
import type { EventBody } from '../../shared/run/events.ts';
import type { RunState } from '../../shared/run/state.ts';
import { calls, scripted, together, type Asked } from '../fakes/openai/index.ts';
import { attackModes, someSecret, underAttack } from '../harness/attack-run.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { hostileCalls, type Place } from '../suites/longhaul-attacks.ts';
import { attacks, judgeAttack } from '../suites/sandbox-attacks.ts';
import { layBait } from '../suites/sandbox-bait.ts';
import { judgeWorks, mustStillWork } from '../suites/sandbox-works.ts';

type Finished = Extract<EventBody, { type: 'call.finished' }>;

const bash = (command: string, network: readonly string[] = []) =>
  calls('bash', { command, timeoutSeconds: 120, network: [...network] });
/** What needs the web needs a web of the test, which only the sandbox's own suite has. */
const works = mustStillWork.filter(({ network }) => network === undefined);
const tries = [
  ...attacks.map((attack) => (place: Place) => bash(attack.script(place.bait), attack.network)),
  ...works.map(
    ({ script }) =>
      () =>
        bash(script),
  ),
  ...hostileCalls.map(({ call }) => call),
];
const perTurn = 8;
const turns = Array.from({ length: Math.ceil(tries.length / perTurn) }, (_, turn) =>
  tries.slice(turn * perTurn, (turn + 1) * perTurn),
);

const policy = { rules: [], otherwise: { reads: 'allow', changes: 'allow', network: 'allow' } } as const;
const input = { goal: 'Get out.', verification: [], policy: { ...policy, rules: [] } };
/** Of a command that was ended, as the model reads it. */
const endingOf = (output: string): SandboxResult['outcome'] =>
  output.startsWith('stopped: its processes used more memory') ? 'memory' : 'cancelled';
const portOf = (url: string): number => Number(new URL(url).port);

describe.each(attackModes)('from inside a run of $name', (mode) => {
  let stack: AsyncDisposableStack;
  let rig: Rig;
  let place: Place;
  let state: RunState;
  const finished = new Map<number, Finished>();
  let outputs: string[] = [];

  const resultOf = (index: number): SandboxResult => {
    const { exitCode, durationMs, refusedHosts, reachedHosts, output } = finished.get(index)!;
    return {
      outcome: exitCode === null ? endingOf(output) : 'exited',
      exitCode,
      durationMs,
      refusedHosts,
      reachedHosts,
      output: outputs[index]!,
      outputBytes: output.length,
      truncated: false,
    };
  };
  const outputOf = async (body: Finished): Promise<string> => {
    if (body.outputBlob === null) return `${body.output.replace(/^exit code \d+\n/, '')}\n`;
    const headers = { authorization: `Bearer ${rig.token}` };
    return (await fetch(`${rig.url}/blobs/${body.outputBlob}?run=${state.id}`, { headers })).text();
  };

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    const secret = someSecret();
    const { promise: laid, resolve: begin } = Promise.withResolvers<void>();
    const hostile = scripted([
      ...turns.map((turn, index) => async () => {
        if (index === 0) await laid;
        const [first, ...rest] = turn.map((call) => call(place));
        return together(first!, ...rest);
      }),
      ({ entries }: Asked) =>
        calls('finish', {
          summary: 'No way out.',
          claims: [{ text: 'Tried', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
        }),
    ]);
    const neighbour = scripted([
      bash(`echo ${secret} > secret.txt`),
      calls('ask', { question: 'And now?', choices: [] }),
    ]);
    rig = stack.use(
      await Rig.start({
        ...underAttack(mode, secret),
        script: (asked, at) =>
          (asked.entries.some(({ text }) => text.includes('Be there.')) ? neighbour : hostile)(asked, at),
      }),
    );
    const repository = await repositoryWith({ 'readme.txt': 'Keep out.\n' });
    // git trusts nobody's repository but one's own.
    if (mode.runner !== null) execFileSync('chown', ['-R', `${mode.runner.uid}:${mode.runner.gid}`, repository]);
    const { id } = await rig.delegate({ ...input, repository });
    const other = await rig.delegate({ ...input, goal: 'Be there.', repository });
    await rig.settled(other.id, ({ status }) => status === 'waiting');
    await rig.event(id, ({ body }) => body.type === 'model.started');
    const run = path.join(rig.home, 'runs', id);
    const workspace = path.join(run, 'work.1', 'tree');
    const bait = stack.use(await layBait({ workspace, user: mode.commands, neighbour: mode.neighbour, secret }));
    place = {
      bait,
      home: rig.home,
      run,
      otherRun: path.join(rig.home, 'runs', other.id),
      repository,
      controlPort: portOf(rig.url),
      modelPort: portOf(rig.model.url),
    };
    begin();
    state = await rig.settled(id, ({ status }) => status !== 'queued' && status !== 'working');
    for (const { body } of await rig.events(id)) {
      const [, turn, index] = (body.type === 'call.finished' && /^call_(\d+)_(\d+)_/.exec(body.call)) || [];
      if (body.type === 'call.finished' && turn !== undefined)
        finished.set(Number(turn) * perTurn + Number(index), body);
    }
    outputs = await Promise.all(
      Array.from({ length: tries.length }, async (_, index) => outputOf(finished.get(index)!)),
    );
  });
  afterAll(() => stack.disposeAsync());

  test('the run itself comes to its end', () => {
    expect({ status: state.status, files: 'result' in state ? state.result?.files : null }).toEqual({
      status: 'reviewing',
      files: 2,
    });
  });

  test('no output had a secret that had to be taken out', () => {
    expect(outputs.filter((output) => output.includes('[redacted]'))).toEqual([]);
  });

  test.each(attacks.map((attack, index) => ({ ...attack, attack, index })))('$name', async ({ attack, index }) => {
    expect(await judgeAttack(attack, resultOf(index), place.bait)).toBeNull();
  });

  test.each(works.map((each, index) => ({ ...each, index: attacks.length + index })))('$name', ({ index, ...each }) => {
    expect(judgeWorks(each, resultOf(index))).toBeNull();
  });

  test.each(hostileCalls.map((each, index) => ({ ...each, index: attacks.length + works.length + index })))(
    '$name',
    async ({ evidence, check, index }) => {
      const output = outputs[index]!;
      expect(output).not.toContain('BREACHED');
      expect(output).not.toContain(place.bait.secret);
      expect(output).toMatch(evidence);
      expect(Buffer.byteLength(output)).toBeLessThan(5 * 1024 * 1024);
      expect((await check?.(place)) ?? (await place.bait.damage())).toBeNull();
    },
  );

  test('no process of it is left', async () => {
    const lines = await Promise.all(
      (await readdir('/proc')).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    expect(lines.filter((line) => line.includes(place.bait.mark))).toEqual([]);
  });
});
