import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { decisionSubject, type DecisionRequest, type OpenDecision } from '../../shared/decision/decision.ts';
import { RunEvent } from '../../shared/run/events.ts';
import { fold } from '../../shared/run/reduce.ts';
import { openDecisions, type RunState, type Status } from '../../shared/run/state.ts';
import { scriptFor, type CaseName } from '../fixtures/earlier-home/cases.ts';
import { unpack } from '../fixtures/earlier-home/unpack.ts';
import { gitIn } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';

/** The run of each case, as the build that wrote the log showed it. */
const found = {
  losses: ['waiting', 1, undefined, 'retry pending'],
  call: ['waiting', 1, 1, 'call pending'],
  'call with a message': ['waiting', 1, 1, 'call pending'],
  'call that is approved': ['queued', 1, 1, ''],
  'call that is cancelled': ['cancelled', 1, 1, ''],
  'call that is repeated': ['waiting', 1, 1, 'retry pending'],
  question: ['waiting', 1, 1, 'question pending'],
  'question that expires': ['waiting', 1, 1, 'question expired'],
  'question after a summary': ['waiting', 1, 3, 'question pending'],
  budget: ['waiting', 1, 1, 'budget pending'],
  changes: ['waiting', 1, 1, 'changes pending'],
  setup: ['waiting', 1, 2, 'setup pending'],
  refusal: ['waiting', 1, 1, 'retry pending'],
  'refusal that is given up': ['failed', 1, 1, ''],
  rest: ['waiting', 1, 1, ''],
  review: ['reviewing', 1, 2, ''],
  'second review': ['reviewing', 2, 4, ''],
  'changes requested': ['queued', 2, 2, ''],
  accepted: ['accepted', 1, 2, ''],
  applied: ['accepted', 1, 2, ''],
  rejected: ['rejected', 1, 2, ''],
  nothing: ['completed', 1, 2, ''],
  'model in flight': ['working', 1, 2, ''],
  'call in flight': ['working', 1, 1, ''],
  'setup in flight': ['working', 1, undefined, ''],
  'verification in flight': ['working', 1, 2, ''],
  queued: ['queued', 1, undefined, ''],
} satisfies Record<CaseName, readonly [Status, round: number, turn: number | undefined, open: string]>;

/** Lines of the log that the result adds, once people said yes to all that was asked. */
const results: Partial<Record<CaseName, readonly string[]>> = {
  'question after a summary': ['one', 'one'],
  'second review': ['one', 'two'],
  'changes requested': ['one', 'two'],
};
const over: readonly CaseName[] = ['accepted', 'applied', 'rejected', 'nothing'];
// safe: the keys of that table
const titles = Object.keys(found) as CaseName[];

const openIn = (state: RunState): string =>
  openDecisions(state)
    .map(({ status, request }) => `${request.kind} ${status}`)
    .join();
const hashOf = (state: RunState, request: DecisionRequest): string =>
  createHash('sha256').update(decisionSubject(state.id, request)).digest('hex');
const isUndecided = ({ status }: OpenDecision): boolean => status !== 'decided';
const rests = ({ status }: RunState): boolean => !['queued', 'working', 'waiting'].includes(status);

test('in a home that an earlier build left, each run is where it was, and what its whole log gives', async () => {
  const folder = await openFolder('longhaul-earlier-');
  unpack(folder);
  await using store = await openSqliteStore({ folder: path.join(folder, 'home', 'database') });
  const { runs } = await store.list('local', {
    status: null,
    repository: null,
    archived: false,
    limit: 500,
    before: null,
  });
  const seen = runs.map((state) => [state.task.title, [state.status, state.round, state.turn?.number, openIn(state)]]);
  expect(Object.fromEntries(seen)).toEqual(found);
  for (const state of runs) {
    const events = await store.events(state.id, 0, 1000);
    for (const event of events) expect(RunEvent.parse(event)).toEqual(event);
    expect(state).toEqual(fold(events));
    for (const { request } of Object.values(state.decisions)) expect(request.hash).toBe(hashOf(state, request));
  }
});

describe('this build, on a home that an earlier one left when it was killed', () => {
  let rig: Rig;
  let repository: string;
  const ids = new Map<string, string>();

  beforeAll(async () => {
    rig = await Rig.start({ script: scriptFor({ later: true }) });
    await rig.kill('SIGTERM');
    await rm(rig.home, { recursive: true });
    unpack(rig.folder);
    repository = path.join(rig.folder, 'repository');
    // However long ago that was, what is needed to resume and to apply is still there.
    const config = { retention: { sourceDays: 100_000, treeDays: 100_000 } };
    await writeFile(path.join(rig.home, 'config.yaml'), JSON.stringify(config));
    await rig.start();
    for (const { id, task } of (await rig.api.runs.list.query({ limit: 500 })).runs) ids.set(task.title, id);
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const idOf = (title: CaseName): string => ids.get(title) ?? '';
  const stateOf = async (title: CaseName): Promise<RunState> => rig.api.runs.get.query({ run: idOf(title) });
  const cli = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await rig.cli(args, { cwd: repository });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  };
  const logOn = (branch: string): string => gitIn(repository, 'show', `${branch}:log.txt`);

  /** Says yes to all that is asked, until the run has come to rest. */
  const sayYes = async (title: CaseName): Promise<RunState> => {
    const run = idOf(title);
    for (let asks = 0; ; asks += 1) {
      expect(asks).toBeLessThan(4);
      const state = await rig.settled(run, (at) => rests(at) || openDecisions(at).some(isUndecided));
      const asked = openDecisions(state).find(isUndecided);
      if (rests(state) || asked === undefined) return state;
      const { id: decision, hash, kind } = asked.request;
      if (asked.status === 'expired') await rig.api.decisions.renew.mutate({ run, decision });
      const verdict =
        kind === 'question' ? { kind: 'answered' as const, answer: 'one' } : { kind: 'approved' as const };
      await rig.api.decisions.decide.mutate({ run, decision, hash, verdict });
    }
  };

  test('what was over is as it was', async () => {
    const states = await Promise.all(over.map(stateOf));
    expect(states.map(({ status, round }) => [status, round])).toEqual(
      over.map((title) => [found[title][0], found[title][1]]),
    );
  });

  test.each(titles.filter((title) => !over.includes(title)))(
    '%s: comes to its end, with nothing done twice',
    async (title) => {
      if (['failed', 'cancelled'].includes(found[title][0])) await rig.api.runs.retry.mutate({ run: idOf(title) });
      const state = await sayYes(title);
      expect(state).toMatchObject({ status: 'reviewing', round: found[title][1] });
      expect(state.verification.every(({ exitCode }) => exitCode === 0)).toBe(true);
      const { patch } = await rig.api.runs.diff.query({ run: state.id });
      const log = patch?.slice(patch.indexOf('+++ b/log.txt')).split('\ndiff ')[0];
      expect([...(log?.matchAll(/^\+(\w+)$/gm) ?? [])].map(([, line]) => line)).toEqual(results[title] ?? ['one']);
    },
  );

  test('the agent is told what a person said while the run was parked', () => {
    const told = rig.model.journal.filter(({ body }) => JSON.stringify(body).includes('mind the gap'));
    expect(told).not.toEqual([]);
  });

  test('a result is reviewed: it goes into another round, or into the repository', async () => {
    await cli('discard', idOf('review'), '--changes', 'a second line, please');
    await rig.settled(idOf('review'), ({ status, round }) => status === 'reviewing' && round === 2);
    await cli('accept', idOf('review'), '--round', '2');
    await cli('apply', idOf('review'), '--branch', 'reviewed');
    await cli('apply', idOf('accepted'), '--branch', 'accepted');
    await cli('discard', idOf('second review'), '--round', '2');
    expect(['reviewed', 'accepted', 'applied'].map(logOn)).toEqual(['one\ntwo\n', 'one\n', 'one\n']);
    expect((await stateOf('second review')).status).toBe('rejected');
  });
});
