import { describe, expect, test } from 'vitest';
import { normalised } from '../../../test/harness/normalise.ts';
import { approveAll, bash, finish, rig, toEnd, type Wish } from './fixture.ts';
import type { Log } from './ports/ports.ts';
import { preparedTree } from '../../../test/fakes/prepared-tree.ts';

const scenario: readonly (readonly Wish[])[] = [
  [['plan', { steps: [{ text: 'Add lines', status: 'active' }] }], bash('cat a.txt')],
  [bash('echo two >> a.txt'), bash('echo three >> a.txt; false')],
  [
    ['edit', { path: 'a.txt', old: 'two', new: '2' }],
    ['write', { path: 'b.txt', content: 'hunter2secret\n' }],
  ],
  [['write', { path: '.github', content: 'x' }], bash('rm nothing-there'), ['bash', '{"command": ']],
  [bash('wc -l a.txt'), ['nonsense', {}]],
  [bash('echo me > owners.txt; echo four >> a.txt'), bash('echo five >> a.txt; echo x > lock.txt')],
  [finish('call_1_0', 'call_4_0')],
];
const pathRule = (verdict: 'ask' | 'deny', path: string) => ({
  id: `${verdict}-path`,
  verdict,
  reason: `It is about ${path}.`,
  path,
  tool: ['write' as const],
  examples: { matches: [{ tool: 'write' as const, path }], not: [] },
});
const asking = {
  verification: [{ command: 'grep -q 2 a.txt', network: [], timeoutSeconds: 10 }],
  policy: {
    rules: [
      {
        id: 'removal',
        verdict: 'ask' as const,
        reason: 'It removes things.',
        command: 'rm',
        examples: { matches: [{ tool: 'bash' as const, command: 'rm x' }], not: [] },
      },
      pathRule('ask', 'owners.txt'),
      pathRule('deny', 'lock.txt'),
    ],
    otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'ask' as const },
    limits: [],
  },
};

describe('an activation', () => {
  test('parks at a decision, goes on when it is made, and hands over what it changed', async () => {
    await using running = await rig(scenario, asking);
    expect((await running.activate()).outcome).toBe('ended');
    expect(running.log.state).toMatchObject({ status: 'waiting', until: { kind: 'decision', decision: 'dec_test1' } });
    approveAll(running);
    await running.activate();
    approveAll(running);
    await running.activate();
    expect(running.log.state).toMatchObject({
      status: 'reviewing',
      report: { summary: 'Done.' },
      verification: [{ command: 'grep -q 2 a.txt', exitCode: 0 }],
    });
    expect(await running.workspace.read()).toEqual({
      '.github': 'x',
      'a.txt': 'one\n2\nthree\nfour\n',
      'b.txt': '[redacted]\n',
      'owners.txt': 'me\n',
    });
  });

  test('is paused amid its work: it finishes the step that it is at, parks, shows what it has, and goes on when it is resumed', async () => {
    await using running = await rig(
      [[bash('echo two >> a.txt'), bash('echo three >> a.txt')], [finish('call_0_0')]],
      asking,
    );
    const plain = running.log.forWorker.bind(running.log);
    running.log.forWorker = (activation) => {
      const log = plain(activation);
      return {
        ...log,
        append: async (input) => {
          const answer = await log.append(input);
          // While the first call runs, as a heartbeat would bring it.
          if (!input.events.some((event) => event.type === 'call.started' && event.call === 'call_0_0')) return answer;
          running.log.command({ kind: 'pause', by: 'person:ada' });
          return log.heartbeat(input);
        },
      };
    };
    await running.activate();
    expect(running.log.state).toMatchObject({
      status: 'waiting',
      until: { kind: 'resume', by: 'person:ada' },
      soFar: { files: 1 },
    });
    expect(await running.workspace.read()).toMatchObject({ 'a.txt': 'one\ntwo\n' });
    running.log.command({ kind: 'resume', by: 'person:ada' });
    await running.activate();
    expect(await running.workspace.read()).toMatchObject({ 'a.txt': 'one\ntwo\nthree\n' });
  });

  test('does not let a command keep what policy protects until a person says so, who sees it', async () => {
    await using running = await rig([[bash('echo me > owners.txt; echo two >> a.txt')], [finish('call_0_0')]], asking);
    await running.activate();
    const { state } = running.log;
    const [open] = Object.values(state.decisions);
    expect(open).toMatchObject({
      status: 'pending',
      request: {
        kind: 'changes',
        action: 'Keep what bash changed: owners.txt',
        arguments: { paths: ['owners.txt'], patch: 'me\n' },
        reason: 'It is about owners.txt.',
      },
    });
    // The tree that it is bound to is the one that is shown, and is not yet the run's.
    expect([state.soFar?.head.tree, preparedTree(state).head.tree]).toEqual([
      open!.request.tree,
      preparedTree(state).base.tree,
    ]);
    running.log.command({
      kind: 'decide',
      by: 'person:ada',
      decision: open!.request.id,
      hash: open!.request.hash,
      verdict: { kind: 'rejected', reason: 'Those are ours.' },
    });
    await running.activate();
    expect(await running.workspace.read()).toEqual({ 'a.txt': 'one\n' });
    expect(running.asked.at(-1)).toContain('a person rejected what it changed: Those are ours.');
  });

  test('takes back at once what policy denies that a command did, and tells the model', async () => {
    await using running = await rig([[bash('echo x > lock.txt; echo two >> a.txt')], [finish('call_0_0')]], asking);
    await running.activate();
    expect(await running.workspace.read()).toEqual({ 'a.txt': 'one\n' });
    expect(running.asked.at(-1)).toContain('policy denies what it changed: It is about lock.txt.');
  });

  test('saves what it has changed for whoever is asked, once for each tree', async () => {
    const remove = bash('rm nothing-there');
    await using running = await rig(
      [[bash('echo 2 >> a.txt'), remove], [remove], [bash('echo three >> a.txt'), remove], [finish('call_0_0')]],
      asking,
    );
    await running.activate();
    const { soFar } = running.log.state;
    const { head } = preparedTree(running.log.state);
    expect(soFar).toMatchObject({ head, files: 1, additions: 1, deletions: 0 });
    expect(running.log.events.slice(-2).map(({ body }) => body.type)).toEqual(['changes.saved', 'activation.ended']);
    const parks: string[] = [];
    while (running.log.state.status === 'waiting') {
      approveAll(running);
      await running.activate();
      const last = running.log.events.slice(-2).map(({ body }) => body.type);
      parks.push(last.includes('changes.saved') ? 'saved' : 'as it was');
    }
    expect(parks).toEqual(['as it was', 'saved', 'as it was']);
    expect(running.log.state).toMatchObject({ status: 'reviewing', soFar: null, result: { files: 1 } });
  });

  test('does not go on showing what it has taken back meanwhile', async () => {
    const remove = bash('rm nothing-there');
    await using running = await rig(
      [[bash('echo 2 >> a.txt'), remove], [bash('echo one > a.txt'), remove], [finish('call_0_0')]],
      asking,
    );
    await running.activate();
    expect(running.log.state.soFar).toMatchObject({ files: 1 });
    approveAll(running);
    await running.activate();
    expect(running.log.state).toMatchObject({
      status: 'waiting',
      soFar: { files: 0, head: preparedTree(running.log.state).head },
    });
  });

  test('writes no known secret into the log', async () => {
    await using running = await rig([[bash('echo hunter2secret; echo x >> a.txt')], [finish('call_0_0')]]);
    await toEnd(running);
    expect(JSON.stringify(running.log.events)).not.toContain('hunter2secret');
    expect(JSON.stringify(running.log.events)).toContain('[redacted]');
  });

  test('that crashed at any event, before or after it was on record, comes out the same', async () => {
    await using plain = await rig(scenario, asking);
    await toEnd(plain);
    const expected = { tree: await plain.workspace.read(), events: normalised(plain.log.events) };
    let appends = 0;
    for (;;) {
      appends += 1;
      let crashed = false;
      for (const when of ['before', 'after'] as const) {
        await using running = await rig(scenario, asking);
        let count = 0;
        const crashing = (log: Log): Log => ({
          ...log,
          append: async (input) => {
            count += 1;
            if (count !== appends) return log.append(input);
            crashed = true;
            if (when === 'after') await log.append(input);
            throw new Error('crash');
          },
        });
        while (running.log.state.status === 'queued') {
          const { activation } = running.log;
          await running.activate(crashing).catch((error: Error) => {
            if (error.message !== 'crash') throw error;
            if (activation !== null) running.log.command({ kind: 'lose', activation, reason: 'crash' });
          });
          approveAll(running);
        }
        const place = `${when} append ${appends}`;
        expect({ place, tree: await running.workspace.read(), events: normalised(running.log.events) }).toEqual({
          place,
          ...expected,
        });
        const twice = running.asked.length - plain.asked.length;
        const lost = running.log.events.filter(({ body }) => body.type === 'model.lost').length;
        expect({ place, twice: twice <= lost, lost: lost <= 1, same: new Set(running.asked) }).toEqual({
          place,
          twice: true,
          lost: true,
          same: new Set(plain.asked),
        });
      }
      if (!crashed) break;
    }
    expect(appends).toBeGreaterThan(20);
  });

  test('that lost its lease can append nothing, and says so', async () => {
    await using running = await rig(scenario, asking);
    const { activation } = running.log;
    let taken = false;
    const ended = await running.activate((log) => ({
      ...log,
      append: async (input) => {
        if (!taken && activation !== null) running.log.command({ kind: 'lose', activation, reason: 'stopped' });
        taken = true;
        return log.append(input);
      },
    }));
    expect(ended).toMatchObject({ outcome: 'fenced', refusal: { code: 'fenced' } });
    expect(running.log.events.map(({ body }) => body.type)).toEqual([
      'run.created',
      'activation.queued',
      'activation.leased',
      'activation.lost',
      'activation.queued',
    ]);
  });
});

describe('a run that gets nowhere', () => {
  test('asks a person after five equal calls with equal results', async () => {
    await using running = await rig(Array.from({ length: 9 }, () => [bash('cat a.txt')]));
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'waiting', repetition: { count: 5 } });
    expect(Object.values(running.log.state.decisions)).toMatchObject([
      { status: 'pending', request: { kind: 'question' } },
    ]);
  });

  test('asks a person after three turns without a call', async () => {
    await using running = await rig([]);
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'waiting', idleTurns: 3 });
  });

  test('pauses at the edge of its budget, goes on with a larger one', async () => {
    await using running = await rig([[bash('echo 1 >> a.txt')], [bash('echo 2 >> a.txt')], [finish('call_0_0')]], {
      budget: { turns: 2, tokens: null, usd: null, activeMinutes: null, toolMinutes: null, retries: null },
    });
    await running.activate();
    expect(Object.values(running.log.state.decisions)).toMatchObject([
      { request: { kind: 'budget', arguments: { budget: 'turns', limit: 12 } } },
    ]);
    approveAll(running);
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'reviewing', budget: { turns: 12 } });
  });

  test('that is stopped at the edge of its budget hands over what it did', async () => {
    await using running = await rig([[bash('echo 1 >> a.txt')], [bash('echo 2 >> a.txt')]], {
      budget: { turns: 1, tokens: null, usd: null, activeMinutes: null, toolMinutes: null, retries: null },
    });
    await running.activate();
    const [open] = Object.values(running.log.state.decisions);
    running.log.command({
      kind: 'decide',
      by: 'person:ada',
      decision: open!.request.id,
      hash: open!.request.hash,
      verdict: { kind: 'rejected', reason: 'enough' },
    });
    await running.activate();
    expect(running.log.state).toMatchObject({ status: 'reviewing', report: null, result: { files: 1 } });
  });

  test('is shown failing verification twice, then hands over the failure', async () => {
    await using running = await rig(
      [
        [bash('echo 1 >> a.txt')],
        [finish('call_0_0')],
        [bash('echo 3 >> a.txt')],
        [finish('call_2_0')],
        [finish('call_2_0')],
      ],
      {
        verification: [{ command: 'echo no; exit 3', network: [], timeoutSeconds: 10 }],
      },
    );
    await toEnd(running);
    expect(running.log.state).toMatchObject({ status: 'reviewing', repairs: 2, verification: [{ exitCode: 3 }] });
    expect(running.asked.at(-1)).toContain('echo no; exit 3');
  });
});
