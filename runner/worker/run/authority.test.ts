import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decisionSubject, type DecisionRequest } from '../../../shared/decision/decision.ts';
import type { EventBody, WorkerEvent } from '../../../shared/run/events.ts';
import type { WantedOutput } from '../../../shared/run/output.ts';
import { openDecisions } from '../../../shared/run/state.ts';
import { approveAll, bash, finish, rig, toEnd, type Rig, type Wish } from './fixture.ts';
import type { Log } from './ports/ports.ts';
import { preparedTree } from '../../../test/fakes/prepared-tree.ts';

const asksAbout = (command: string) => ({
  policy: {
    rules: [
      {
        id: 'named',
        verdict: 'ask' as const,
        reason: 'It is named.',
        command,
        examples: { matches: [{ tool: 'bash' as const, command }], not: [] },
      },
    ],
    otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'allow' as const },
    limits: [],
  },
});

const reported: Wish = ['finish', { summary: 'Done.', claims: [] }];

const typesOf = ({ log }: Rig): readonly EventBody['type'][] => log.events.map(({ body }) => body.type);
const finishedIn = ({ log }: Rig) =>
  log.events.flatMap(({ body }) =>
    body.type === 'call.finished' ? [{ outcome: body.outcome, output: body.output }] : [],
  );
const startsOf = ({ log }: Rig, call: string): number =>
  log.events.filter(({ body }) => body.type === 'call.started' && body.call === call).length;
const requestOf = ({ log }: Rig): DecisionRequest => openDecisions(log.state)[0]!.request;

/** Ends the worker when it wants to append such an event, which then is not on record. */
const dyingAt =
  (type: WorkerEvent['type']) =>
  (log: Log): Log => ({
    ...log,
    append: (input) =>
      input.events.some((event) => event.type === type) ? Promise.reject(new Error('killed')) : log.append(input),
  });

const dies = async (running: Rig, type: WorkerEvent['type']): Promise<void> => {
  const { activation } = running.log;
  await expect(running.activate(dyingAt(type))).rejects.toThrow('killed');
  running.log.command({ kind: 'lose', activation: activation!, reason: 'killed' });
};

const decide = ({ log }: Rig, request: DecisionRequest, hash = request.hash) =>
  log.command({
    kind: 'decide',
    by: 'person:ada',
    decision: request.id,
    hash,
    verdict: { kind: 'approved', arguments: null },
  });

describe('an approval', () => {
  const turn: readonly Wish[] = [
    ['write', { path: 'deploy.sh', content: 'echo harm > harmed.txt\n' }],
    bash('sh deploy.sh'),
  ];

  test('is asked for when the call is the next to run, and is for the tree that an earlier call of the turn made', async () => {
    await using running = await rig([turn, [finish('call_0_1')]], asksAbout('sh deploy.sh'));
    await running.activate();
    const { soFar, status } = running.log.state;
    const { head } = preparedTree(running.log.state);
    const request = requestOf(running);
    expect({ status, tree: request.tree, shown: soFar?.head.tree }).toEqual({
      status: 'waiting',
      tree: head.tree,
      shown: head.tree,
    });
    expect(await running.workspace.read()).toHaveProperty(['deploy.sh']);
  });

  test('for the tree before is refused', async () => {
    await using running = await rig([turn], asksAbout('sh deploy.sh'));
    await running.activate();
    const request = requestOf(running);
    const before = { ...request, tree: preparedTree(running.log.state).base.tree };
    const hash = createHash('sha256').update(decisionSubject(running.log.run, before)).digest('hex');
    expect(decide(running, request, hash)).toMatchObject({ outcome: 'refused', refusal: { code: 'stale' } });
    expect(running.log.state.status).toBe('waiting');
  });

  test('of two calls of one turn is asked for one after the other', async () => {
    await using running = await rig([[bash('rm a.txt'), bash('rm b.txt')], [finish('call_0_0')]], asksAbout('rm'));
    await running.activate();
    const first = requestOf(running);
    expect(openDecisions(running.log.state)).toHaveLength(1);
    decide(running, first);
    await running.activate();
    const second = requestOf(running);
    expect([second.requester.call, second.tree === first.tree]).toEqual(['call_0_1', false]);
  });

  test('is good for one attempt: each time its worker died the person is asked again, and it runs no oftener', async () => {
    await using running = await rig([[bash('rm a.txt')], [finish('call_0_0')]], asksAbout('rm'));
    await running.activate();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      decide(running, requestOf(running));
      await dies(running, 'call.finished');
      await running.activate();
      expect(running.log.state).toMatchObject({ status: 'waiting' });
      expect(requestOf(running)).toMatchObject({ kind: 'retry', requester: { call: 'call_0_0' } });
      const { turn: at } = running.log.state;
      expect(at?.phase === 'taken' && at.calls[0]).toMatchObject({ status: 'waiting', attempt, losses: attempt });
    }
    expect(startsOf(running, 'call_0_0')).toBe(3);
  });

  test('of a call with network, which policy lets run unasked, is needed for each further attempt', async () => {
    const online: Wish = ['bash', { command: 'echo a >> a.txt', timeoutSeconds: null, network: ['a.example'] }];
    await using running = await rig([[online], [finish('call_0_0')]], {
      policy: { rules: [], otherwise: { reads: 'allow', changes: 'allow', network: 'allow' }, limits: [] },
    });
    await dies(running, 'call.finished');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await running.activate();
      expect(requestOf(running)).toMatchObject({ kind: 'retry' });
      decide(running, requestOf(running));
      await dies(running, 'call.finished');
    }
    expect(startsOf(running, 'call_0_0')).toBe(4);
  });
});

describe('a step that ends its worker', () => {
  test('is run again once, and then concluded as an error that the model is told; the tree is as it was', async () => {
    await using running = await rig([[bash('echo half >> a.txt')], [reported]]);
    await dies(running, 'call.finished');
    await dies(running, 'call.finished');
    expect((await running.workspace.read())['a.txt']).toBe('one\nhalf\n');
    await running.activate();
    expect(finishedIn(running)[0]).toEqual({
      outcome: 'error',
      output:
        'This call ended its worker twice; it was not run a third time. The workspace is as it was before it. Do it in another way, or in smaller steps.',
    });
    expect(startsOf(running, 'call_0_0')).toBe(2);
    expect(running.asked.at(-1)).toContain('ended its worker twice');
    expect(await running.workspace.read()).toEqual({ 'a.txt': 'one\n' });
  });

  test('being a setup command or one of verification, counts as failed after two times', async () => {
    const command = { network: [], timeoutSeconds: 10 };
    await using running = await rig([[bash('echo two >> a.txt')], [finish('call_0_0')], [finish('call_0_0')]], {
      setup: [{ ...command, command: 'true' }],
      verification: [{ ...command, command: 'grep two a.txt' }],
    });
    await dies(running, 'setup.finished');
    await dies(running, 'setup.finished');
    await dies(running, 'verification.finished');
    await dies(running, 'verification.finished');
    await running.activate();
    expect(running.log.state.setup).toMatchObject([{ outcome: 'cancelled', exitCode: null }]);
    expect(running.asked.at(-1)).toContain('ended its worker twice');
    expect(running.log.state).toMatchObject({ status: 'reviewing', repairs: 1, verification: [{ exitCode: 0 }] });
  });

  test('being the preparation, is asked about before it is tried a third time, and each time from then on', async () => {
    await using running = await rig([[reported]]);
    await dies(running, 'prepare.finished');
    await dies(running, 'prepare.finished');
    for (let time = 0; time < 2; time += 1) {
      await running.activate();
      expect(requestOf(running)).toMatchObject({ kind: 'retry', arguments: { step: 'prepare' } });
      decide(running, requestOf(running));
      if (time === 0) await dies(running, 'prepare.finished');
    }
    await running.activate();
    expect(running.log.state.status).toBe('completed');
  });

  test('being a model call, is asked about before it is made a third time', async () => {
    await using running = await rig([[reported]]);
    await dies(running, 'turn.taken');
    await dies(running, 'turn.taken');
    await running.activate();
    expect(requestOf(running)).toMatchObject({
      kind: 'retry',
      requester: { call: null },
      reason: 'The worker died 2 times while the model was answering.',
    });
    approveAll(running);
    await running.activate();
    expect(running.log.state.status).toBe('completed');
  });
});

test('a turn of any number of calls is written down in one event, and its calls one after the other', async () => {
  const calls = Array.from({ length: 300 }, (_, index): Wish => [
    'plan',
    { steps: [{ text: `${index}`, status: 'active' }] },
  ]);
  await using running = await rig([calls, [reported]]);
  let largest = 0;
  await running.activate((log) => ({
    ...log,
    append: (input) => {
      largest = Math.max(largest, input.events.length);
      return log.append(input);
    },
  }));
  expect({ status: running.log.state.status, done: finishedIn(running).length }).toEqual({
    status: 'completed',
    done: 301,
  });
  expect(largest).toBeLessThan(10);
});

describe('a result that is said', () => {
  const give = (labels: readonly string[]): Wish => ['finish', { summary: 'Done.', claims: [], output: { labels } }];
  const turns: readonly (readonly Wish[])[] = [[give(['wontfix'])], [bash('echo two >> a.txt')], [give(['bug'])]];
  const output: WantedOutput = { kind: 'labels', allowed: ['bug', 'docs'], most: 1 };

  test.each<WorkerEvent['type']>(['call.started', 'output.submitted', 'round.finished'])(
    'is the one that fits, without what changed in the tree, and is there once where the worker dies at %s',
    async (type) => {
      await using running = await rig(turns, { output });
      await dies(running, type);
      await running.activate();
      expect(running.log.state).toMatchObject({
        status: 'reviewing',
        output: { kind: 'labels', labels: ['bug'] },
        result: { files: 0 },
      });
      expect(typesOf(running).filter((event) => event === 'output.submitted')).toHaveLength(1);
    },
  );
});

describe('a message', () => {
  const turns: readonly (readonly Wish[])[] = [
    [bash('echo two >> a.txt')],
    [finish('call_0_0')],
    [bash('echo three >> a.txt')],
    [finish('call_2_0')],
  ];
  const verification = [{ command: 'grep two a.txt', network: [], timeoutSeconds: 10 }];
  const say = ({ log }: Rig): void => {
    expect(log.command({ kind: 'message', by: 'person:ada', text: 'Add three, too.' })).toEqual({ outcome: 'done' });
  };

  const places: readonly (readonly ['before' | 'after', WorkerEvent['type']])[] = [
    ['before', 'report.submitted'],
    ['after', 'report.submitted'],
    ['before', 'verification.started'],
    ['after', 'verification.started'],
    ['before', 'verification.finished'],
    ['after', 'verification.finished'],
    ['before', 'round.finished'],
  ];
  test.each(places)(
    'that comes %s %s is on record makes the report void: the agent hears it first',
    async (when, type) => {
      await using running = await rig(turns, { verification });
      let sent = false;
      await running.activate((log) => ({
        ...log,
        append: async (input) => {
          const now = !sent && input.events.some((event) => event.type === type);
          sent ||= now;
          if (now && when === 'before') say(running);
          const answer = await log.append(input);
          if (now && when === 'after') say(running);
          return answer;
        },
      }));
      expect(sent).toBe(true);
      expect(running.asked.filter((asked) => asked.includes('Add three, too.')).length).toBeGreaterThan(0);
      expect(running.log.state).toMatchObject({
        status: 'reviewing',
        unheard: 0,
        verification: [{ index: 0, exitCode: 0 }],
      });
      expect((await running.workspace.read())['a.txt']).toBe('one\ntwo\nthree\n');
      expect(typesOf(running).filter((event) => event === 'round.finished')).toHaveLength(1);
    },
  );

  test('is refused where a person has stopped the work: nobody would hear it', async () => {
    await using running = await rig(turns, {
      budget: { turns: 1, tokens: null, usd: null, activeMinutes: null, toolMinutes: null, retries: null },
    });
    await running.activate();
    const { id, hash } = requestOf(running);
    running.log.command({
      kind: 'decide',
      by: 'person:ada',
      decision: id,
      hash,
      verdict: { kind: 'rejected', reason: '' },
    });
    expect(running.log.command({ kind: 'message', by: 'person:ada', text: 'One more thing.' })).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'conflict' },
    });
    await toEnd(running);
    expect(running.log.state.status).toBe('reviewing');
  });
});
