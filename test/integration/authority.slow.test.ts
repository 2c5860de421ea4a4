import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decisionSubject } from '../../shared/decision/decision.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { calls, scripted, together, type Asked } from '../fakes/openai/index.ts';
import { AppendProxy } from '../harness/proxy.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';
import { preparedTree } from '../fakes/prepared-tree.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });
const finish = ({ entries }: Asked) =>
  calls('finish', {
    summary: 'It is done.',
    claims: [{ text: 'It ran', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
  });
const harmless = 'echo harmless > out.txt\n';
const harmful = 'echo harmful > out.txt\n';
const someRepository = () => repositoryWith({ 'deploy.sh': harmless });

/** Whoever runs the script is asked about it; writing it is the agent's own business. */
const policy = {
  rules: [
    {
      id: 'deploy',
      verdict: 'ask' as const,
      reason: 'It deploys.',
      tool: ['bash' as const],
      command: 'sh deploy.sh',
      examples: { matches: [{ tool: 'bash' as const, command: 'sh deploy.sh' }], not: [] },
    },
  ],
  otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'ask' as const },
};
const input = { goal: 'Deploy it.', setup: [], verification: [], policy };

const waits = ({ status }: RunState) => status === 'waiting';
const isOver = ({ status }: RunState) => status !== 'queued' && status !== 'working' && status !== 'waiting';
const startsOf = (events: readonly RunEvent[], command: string): number =>
  events.filter(({ body }) => body.type === 'call.started' && JSON.stringify(body.arguments).includes(command)).length;

describe('what a person approves', () => {
  test('is the tree that runs: a file that an earlier call of the same turn put there is seen, and no earlier tree can be approved', async () => {
    await using rig = await Rig.start({
      script: scripted([
        together(calls('write', { path: 'deploy.sh', content: harmful }), bash('sh deploy.sh')),
        finish,
      ]),
      env: { LONGHAUL_WORKERS: '1' },
    });
    const { id } = await rig.delegate({ ...input, repository: await someRepository() });
    const state = await rig.settled(id, waits);
    const [open, ...others] = openDecisions(state);
    const { request } = open!;
    expect({ others, tree: request.tree, call: request.tool }).toEqual({
      others: [],
      tree: preparedTree(state).head.tree,
      call: 'bash',
    });
    expect(preparedTree(state).head.tree).not.toBe(preparedTree(state).base.tree);
    expect((await rig.cli(['diff', id, '--so-far'])).stdout).toContain('+echo harmful > out.txt');

    const earlier = createHash('sha256')
      .update(decisionSubject(id, { ...request, tree: preparedTree(state).base.tree }))
      .digest('hex');
    await expect(
      rig.api.decisions.decide.mutate({ run: id, decision: request.id, hash: earlier, verdict: { kind: 'approved' } }),
    ).rejects.toThrow('is not what you were shown');
    expect((await rig.events(id)).at(-1)!.seq).toBe(state.seq);

    await rig.api.decisions.decide.mutate({
      run: id,
      decision: request.id,
      hash: request.hash,
      verdict: { kind: 'approved' },
    });
    const after = await rig.settled(id, isOver);
    expect(after.status).toBe('reviewing');
    expect((await rig.cli(['diff', id])).stdout).toContain('+harmful');
  });

  test('is one attempt: whenever its worker is killed, the person is asked again', async () => {
    // It is at it until it is killed.
    await using rig = await Rig.start({
      script: scripted([bash('sh deploy.sh; while :; do :; done'), finish]),
      env: { LONGHAUL_WORKERS: '1' },
    });
    const { id } = await rig.delegate({ ...input, repository: await someRepository() });
    let { seq } = await rig.settled(id, waits);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const [open] = openDecisions(await rig.api.runs.get.query({ run: id }));
      expect(open!.request.kind).toBe(attempt === 1 ? 'call' : 'retry');
      await rig.api.decisions.decide.mutate({
        run: id,
        decision: open!.request.id,
        hash: open!.request.hash,
        verdict: { kind: 'approved' },
      });
      const started = await rig.event(id, ({ body }) => body.type === 'call.started', seq);
      for (const pid of await rig.workers()) process.kill(pid, 'SIGKILL');
      ({ seq } = await rig.settled(id, (state) => waits(state) && state.seq > started.seq));
    }
    expect(startsOf(await rig.events(id), 'sh deploy.sh')).toBe(3);
    await rig.api.runs.cancel.mutate({ run: id, reason: '' });
  });
});

test('a call that ends its worker twice is concluded; the model and the person are told, and the run goes on', async () => {
  await using rig = await Rig.start({
    script: scripted([bash('echo half >> deploy.sh; while :; do :; done'), bash('echo whole > whole.txt'), finish]),
    env: { LONGHAUL_WORKERS: '1' },
  });
  const { id } = await rig.delegate({ ...input, repository: await someRepository() });
  let after = 0;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    ({ seq: after } = await rig.event(id, ({ body }) => body.type === 'call.started', after));
    for (const pid of await rig.workers()) process.kill(pid, 'SIGKILL');
  }
  const state = await rig.settled(id, isOver);
  expect(state).toMatchObject({ status: 'reviewing', result: { files: 1 } });
  expect(startsOf(await rig.events(id), 'half')).toBe(2);
  expect(JSON.stringify(rig.model.journal)).toContain('This call ended its worker twice');
  expect((await rig.cli(['show', id])).stdout).toContain('error: This call ended its worker twice');
});

test('a message that comes while the result is verified makes the report void: the agent is asked once more, and hears it', async () => {
  await using proxy = new AppendProxy();
  await using rig = await Rig.start({
    script: scripted([bash('echo one > one.txt'), finish, bash('echo two > two.txt'), finish]),
    env: { LONGHAUL_WORKERS: '1', LONGHAUL_PUBLIC_URL: await proxy.listen() },
  });
  proxy.target = rig.url;
  const delegated = Promise.withResolvers<string>();
  let sent = false;
  proxy.rule = {
    before: async () => 'pass',
    // Before the worker hears that its start of the verification is on record.
    after: async () => {
      const run = await delegated.promise;
      const begun = !sent && (await rig.events(run)).some(({ body }) => body.type === 'verification.started');
      if (begun) {
        sent = true;
        await rig.api.runs.message.mutate({ run, text: 'Make two as well.' });
      }
      return 'pass';
    },
  };
  const { id: run } = await rig.delegate({
    ...input,
    verification: [{ command: 'true', network: [], timeoutSeconds: 60 }],
    repository: await someRepository(),
  });
  delegated.resolve(run);
  const state = await rig.settled(run, isOver);
  expect(state).toMatchObject({ status: 'reviewing', result: { files: 2 }, verification: [{ exitCode: 0 }] });
  const types = (await rig.events(run)).map(({ body }) => body.type);
  expect(types.filter((type) => type === 'report.submitted')).toHaveLength(2);
  expect(types.filter((type) => type === 'round.finished')).toHaveLength(1);
});

test('changes that are too large to be handed over are shown to the agent, which mends them; no worker dies of it', async () => {
  await using rig = await Rig.start({
    script: scripted([
      bash('head -c 40000000 /dev/zero > big.bin; echo one > one.txt'),
      finish,
      bash('rm big.bin'),
      finish,
    ]),
    env: { LONGHAUL_WORKERS: '1' },
    config: { server: { maxBlobBytes: 2_000_000 } },
  });
  const { id } = await rig.delegate({ ...input, repository: await someRepository() });
  const state = await rig.settled(id, isOver);
  expect(state).toMatchObject({ status: 'reviewing', result: { files: 1 }, repairs: 1 });
  const types = (await rig.events(id)).map(({ body }) => body.type);
  expect(types).not.toContain('activation.lost');
  expect(JSON.stringify(rig.model.journal)).toContain('could not be saved for review');
});
