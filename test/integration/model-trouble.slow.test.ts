import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../shared/run/events.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import {
  calls,
  cutsAfter,
  endsWithoutTerminal,
  fails,
  malformedArguments,
  refuses,
  says,
  stalls,
  type Asked,
  type Reply,
  type Script,
} from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const bash = (command: string): Reply => calls('bash', { command, timeoutSeconds: null, network: null });
const lastCall = ({ entries }: Asked): string => entries.findLast(({ by }) => by === 'call')?.call ?? '';
const finish = (asked: Asked): Reply =>
  calls('finish', { summary: 'Done.', claims: [{ text: 'It ran', calls: [lastCall(asked)] }] });
const work = bash('echo done >> notes.txt');

/** What the endpoint does, request by request, for the run with this goal; the last one again and again. */
const troubles: Readonly<Record<string, readonly (Reply | ((asked: Asked) => Reply))[]>> = {
  'wrong key': [fails(401, { code: 'invalid_api_key', message: 'Incorrect API key provided.' }), work, finish],
  'no such model': [fails(404, { code: 'model_not_found', message: 'The model does not exist.' }), work, finish],
  'no money': [
    fails(429, { code: 'insufficient_quota', type: 'insufficient_quota', message: 'You exceeded your current quota.' }),
    work,
    finish,
  ],
  'short rest': [fails(429, { retryAfter: 1 }), work, finish],
  'rest of two seconds': [fails(429, { retryAfter: 2 }), work, finish],
  'long rest': [fails(429, { retryAfter: 300 }), work, finish],
  'broken server': [fails(500), fails(503), fails(500), work, finish],
  'server that stays broken': [fails(500)],
  'server that breaks now and then': [fails(500), bash('echo 1 >> notes.txt'), fails(503), work, fails(500), finish],
  'cut stream': [cutsAfter(3), work, finish],
  'stalled stream': [stalls(), work, finish],
  'stream without end': [endsWithoutTerminal(), work, finish],
  'arguments that are no JSON': [malformedArguments('bash', '{"command": '), work, finish],
  'a tool that is not there': [calls('teleport', { to: 'Rome' }), work, finish],
  'arguments against the schema': [calls('bash', { command: 7 }), work, finish],
  'a refusal': [refuses('I will not do that.'), work, finish],
  'the same call for ever': [bash('cat notes.txt')],
};

const script: Script = (() => {
  const asked = new Map<string, number>();
  return (request) => {
    const goal = Object.keys(troubles).find((name) => request.entries[0]?.text.includes(`[${name}]`)) ?? '';
    const count = asked.get(goal) ?? 0;
    asked.set(goal, count + 1);
    const steps = troubles[goal] ?? [];
    const step = steps[count] ?? steps.at(-1) ?? says('What?');
    return typeof step === 'function' ? step(request) : step;
  };
})();

let rig: Rig;
let repository: string;
beforeAll(async () => {
  rig = await Rig.start({ script, env: { LONGHAUL_MODEL_IDLE_SECONDS: '1' } });
  repository = await repositoryWith({ 'notes.txt': 'begin\n' });
});
afterAll(() => rig[Symbol.asyncDispose]());

const isOver = ({ status }: RunState): boolean => !['queued', 'working', 'ready'].includes(status);

const meet = async (trouble: string, different: Partial<Parameters<Rig['delegate']>[0]> = {}): Promise<RunState> => {
  const { id } = await rig.delegate({ goal: `[${trouble}]`, repository, ...different });
  return rig.settled(id, isOver);
};

const question = (state: RunState) => openDecisions(state)[0]?.request;

/** What a person does when what was wrong has been put right. */
const tryAgain = async (state: RunState): Promise<RunState> => {
  const request = question(state);
  if (request === undefined) throw new Error(`nothing is asked: the run is ${state.status}`);
  await rig.api.decisions.decide.mutate({
    run: state.id,
    decision: request.id,
    hash: request.hash,
    verdict: { kind: 'approved' },
  });
  return rig.settled(state.id, (now) => now.seq > state.seq + 1 && isOver(now));
};

const of = async <Type extends RunEvent['body']['type']>(state: RunState, type: Type) =>
  // safe: filtered by that very type
  (await rig.events(state.id)).flatMap(({ body }) =>
    body.type === type ? [body as Extract<RunEvent['body'], { type: Type }>] : [],
  );

describe('trouble that only a person can end pauses the run, says what to do, and then it goes on', () => {
  test.each<[string, string, RegExp]>([
    ['wrong key', 'auth', /401.*OPENAI_API_KEY/s],
    ['no such model', 'not_found', /404/],
    ['no money', 'quota', /quota/i],
  ])('%s', async (trouble, code, sentence) => {
    const paused = await meet(trouble);
    expect(paused).toMatchObject({ status: 'waiting', turn: { phase: 'failed', trouble: { code, retryable: false } } });
    expect(question(paused)).toMatchObject({ kind: 'retry', reason: expect.stringMatching(sentence) });
    expect(await tryAgain(paused)).toMatchObject({ status: 'reviewing', spent: { retries: 1 } });
  });

  test('a refusal', async () => {
    const paused = await meet('a refusal');
    expect(question(paused)).toMatchObject({ kind: 'retry', reason: expect.stringContaining('I will not do that.') });
    expect(await tryAgain(paused)).toMatchObject({ status: 'reviewing' });
  });

  test('giving up fails the run, as the fault of the model', async () => {
    const { id } = await rig.delegate({ goal: '[server that stays broken]', repository, model: 'unheard-of' });
    const paused = await rig.settled(id, isOver);
    const request = question(paused);
    await rig.api.decisions.decide.mutate({
      run: id,
      decision: request!.id,
      hash: request!.hash,
      verdict: { kind: 'rejected', reason: 'never mind' },
    });
    expect(await rig.settled(id, ({ status }) => status === 'failed')).toMatchObject({
      status: 'failed',
      class: 'model',
      message: expect.stringContaining('unheard-of'),
    });
  });
});

describe('trouble that passes is retried, and the log shows each retry', () => {
  test.each<[string, readonly string[]]>([
    ['broken server', ['server', 'server', 'server']],
    ['cut stream', ['network']],
    ['stream without end', ['network']],
    ['short rest', ['rate_limited']],
    ['stalled stream', ['stalled']],
  ])('%s', async (trouble, codes) => {
    const state = await meet(trouble);
    expect(state).toMatchObject({ status: 'reviewing', spent: { retries: codes.length } });
    expect((await of(state, 'model.failed')).map(({ trouble: { code } }) => code)).toEqual(codes);
  });

  test('no sooner than the endpoint said', async () => {
    const state = await meet('rest of two seconds');
    const events = await rig.events(state.id);
    const failed = events.find(({ body }) => body.type === 'model.failed');
    const again = events.find(({ seq, body }) => body.type === 'model.started' && seq > failed!.seq);
    expect(Date.parse(again!.at) - Date.parse(failed!.at)).toBeGreaterThanOrEqual(1_900);
    expect(state.status).toBe('reviewing');
  });

  test('a rest of five minutes parks the run, which then holds no worker', async () => {
    const state = await meet('long rest');
    const [failed] = await of(state, 'model.failed');
    expect(state).toMatchObject({ status: 'waiting', until: { kind: 'time', at: failed!.retryAt } });
    expect(Date.parse(failed!.retryAt!) - Date.now()).toBeGreaterThan(200_000);
    await rig.api.runs.cancel.mutate({ run: state.id });
  });

  test('however often, as long as the run gets on in between', async () => {
    const state = await meet('server that breaks now and then', { budget: { retries: 2 } });
    expect(state).toMatchObject({ status: 'reviewing', spent: { retries: 3, inVain: 0 } });
  });

  test('as often in a row as the budget says, and then a person is asked', async () => {
    const state = await meet('server that stays broken', { budget: { retries: 2 } });
    expect(state).toMatchObject({ status: 'waiting', spent: { retries: 2, inVain: 2 } });
    expect(question(state)).toMatchObject({
      kind: 'budget',
      arguments: { budget: 'retries' },
      reason: expect.stringMatching(/500/),
    });
    await rig.api.runs.cancel.mutate({ run: state.id });
  });
});

describe('nonsense from the model is answered, and the run goes on', () => {
  test.each<[string, RegExp]>([
    ['arguments that are no JSON', /JSON/],
    ['a tool that is not there', /teleport/],
    ['arguments against the schema', /command/],
  ])('%s', async (trouble, sentence) => {
    const state = await meet(trouble);
    expect(state.status).toBe('reviewing');
    expect((await of(state, 'call.finished'))[0]).toMatchObject({
      outcome: 'invalid',
      output: expect.stringMatching(sentence),
    });
  });

  test('the same call for ever ends with a question', async () => {
    const state = await meet('the same call for ever');
    expect(state).toMatchObject({ status: 'waiting', repetition: { count: 5 } });
    expect(question(state)).toMatchObject({ kind: 'question' });
    await rig.api.runs.cancel.mutate({ run: state.id });
  });
});
