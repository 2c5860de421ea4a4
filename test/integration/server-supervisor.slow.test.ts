import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serve } from '../../runner/control/serve.ts';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { isRunning } from '../../runner/machine/processes/process-start.ts';
import { decisionSubject, type DecisionRequest } from '../../shared/decision/decision.ts';
import type { WorkerEvent } from '../../shared/run/events.ts';
import { clientOf, configFor, failureOf, follow, startRunner, tokenHash, type Runner } from './server-set-up.ts';

/** Is the run's worker: takes the lease and appends what it is given. */
const beWorker = async (runner: Runner, run: string) => {
  const { client, activation } = await runner.workerFor(await runner.client.runs.get.query({ run }));
  const leased = await client.worker.lease.mutate({ run, activation, worker: 'test' });
  if (leased.outcome === 'refused') throw new Error(leased.refusal.message);
  const { fence } = leased;
  let batch = 0;
  return {
    activation,
    heartbeat: () => client.worker.heartbeat.mutate({ run, activation, fence, after: 0 }),
    append: (...events: WorkerEvent[]) =>
      client.worker.append.mutate({ run, activation, fence, batch: (batch += 1), after: 0, events }),
  };
};

const question = (run: string, expiresAt: string): DecisionRequest => {
  const request = {
    id: 'dec_aaaa',
    kind: 'question' as const,
    requester: { turn: 0, call: null },
    action: 'Go on?',
    tool: null,
    arguments: {},
    tree: null,
    reason: '',
    consequence: '',
    expiresAt,
    onExpiry: '',
    choices: [],
  };
  return { ...request, hash: createHash('sha256').update(decisionSubject(run, request)).digest('hex') };
};
const park = (request: DecisionRequest): WorkerEvent[] => [
  { type: 'decision.requested', v: 3, request },
  { type: 'activation.ended', v: 2, until: { kind: 'decision', decision: request.id } },
];

/** Resolves when these are all that there is in a folder. */
const untilThereIs = async (folder: string, names: readonly string[]): Promise<void> => {
  let changed = Promise.withResolvers<void>();
  const watcher = watch(folder, () => changed.resolve());
  try {
    while ((await readdir(folder)).toSorted().join() !== names.toSorted().join()) {
      await changed.promise;
      changed = Promise.withResolvers();
    }
  } finally {
    watcher.close();
  }
};

const shortLease = () => startRunner({ change: (config) => ({ ...config, leaseSeconds: 0.5 }) });

describe('the supervisor', () => {
  test('takes a run from a worker that is not heard of, and fences it off', async () => {
    await using runner = await shortLease();
    const state = await runner.delegate();
    using feed = follow(runner.client, { after: 0 });
    const worker = await beWorker(runner, state.id);
    await feed.saw('activation.lost');
    const answer = await worker.append({ type: 'prepare.started', v: 1 });
    expect(answer).toMatchObject({ outcome: 'refused', refusal: { code: 'fenced' } });
    await feed.until(() => feed.events.at(-1)?.body.type === 'activation.queued');
    const next = await beWorker(runner, state.id);
    expect(next.activation).not.toBe(worker.activation);
    expect(await next.append({ type: 'prepare.started', v: 1 })).toMatchObject({ outcome: 'held' });
  });

  test('asks a person about a run that loses five workers in a row, and keeps all it has, whatever the answer is', async () => {
    await using runner = await shortLease();
    const { id } = await runner.delegate();
    await mkdir(join(runner.home.run(id), 'tree'));
    using feed = follow(runner.client, { after: 0 });
    const losses = () => feed.events.filter(({ body }) => body.type === 'activation.lost').length;
    const loseFive = async () => {
      const before = losses();
      for (let loss = 1; loss <= 5; loss += 1) {
        await beWorker(runner, id);
        await feed.until(() => losses() === before + loss && feed.events.at(-1)?.body.type !== 'activation.lost');
      }
      await feed.until(() => feed.events.at(-1)?.body.type === 'run.paused');
      const [asked] = await runner.client.decisions.list.query();
      return asked!.request;
    };
    const first = await loseFive();
    expect(first).toMatchObject({ kind: 'retry', action: 'Try again with another worker' });
    const approved = await runner.client.decisions.decide.mutate({
      run: id,
      decision: first.id,
      hash: first.hash,
      verdict: { kind: 'approved' },
    });
    expect(approved).toMatchObject({ status: 'queued', losses: 0 });
    const second = await loseFive();
    const rejected = await runner.client.decisions.decide.mutate({
      run: id,
      decision: second.id,
      hash: second.hash,
      verdict: { kind: 'rejected', reason: 'The machine is too small.' },
    });
    expect(rejected).toMatchObject({ status: 'failed', class: 'infrastructure' });
    await runner.restart();
    expect((await readdir(runner.home.run(id))).toSorted()).toEqual(['source.git', 'tree']);
    expect(await runner.client.runs.retry.mutate({ run: id })).toMatchObject({ status: 'queued', losses: 0 });
  });

  test('leaves a run with a worker that keeps its lease', async () => {
    await using runner = await shortLease();
    const [kept, lost] = [await runner.delegate(), await runner.delegate()];
    const worker = await beWorker(runner, kept.id);
    using feed = follow(runner.client, { after: 0 });
    // The lease of the other run, taken once this one was kept for long, is the clock.
    for (let round = 0; round < 3; round += 1) {
      const losses = () => feed.events.filter(({ body }) => body.type === 'activation.lost').length;
      const before = losses();
      await beWorker(runner, lost.id);
      const beat = setInterval(() => void worker.heartbeat(), 100);
      await feed.until(() => losses() > before && feed.events.at(-1)?.body.type === 'activation.queued');
      clearInterval(beat);
    }
    expect(await worker.heartbeat()).toMatchObject({ outcome: 'held' });
    expect(feed.events.filter(({ run, body }) => run === kept.id && body.type === 'activation.lost')).toEqual([]);
  });

  test('expires a decision, which can be renewed and then made; that wakes the run', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate({ decisionHours: 1 });
    using feed = follow(runner.client, { after: 0 });
    const worker = await beWorker(runner, state.id);
    const request = question(state.id, new Date(Date.now() + 200).toISOString());
    await worker.append(...park(request));
    await feed.saw('decision.expired');
    const verdict = { kind: 'answered', answer: 'Yes' } as const;
    const decided = { run: state.id, decision: request.id, hash: request.hash, verdict };
    expect(await failureOf(runner.client.decisions.decide.mutate(decided))).toMatchObject({
      code: 'CONFLICT',
      refusal: 'expired',
    });
    expect(await runner.client.decisions.list.query()).toMatchObject([{ run: state.id, status: 'expired' }]);
    await runner.client.decisions.renew.mutate({ run: state.id, decision: request.id });
    expect(await failureOf(runner.client.decisions.decide.mutate({ ...decided, hash: '0'.repeat(64) }))).toMatchObject({
      refusal: 'stale',
    });
    expect(await runner.client.decisions.decide.mutate(decided)).toMatchObject({ status: 'queued' });
  });

  test('expires, when it starts, what nobody decided while no runner was there', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate();
    if (state.status !== 'queued') throw new Error(`the run is ${state.status}`);
    const { id, activation } = state;
    await runner.serving.close();
    {
      await using store = await openSqliteStore({ folder: runner.home.database });
      await store.command(id, { kind: 'lease', activation, worker: 'w' }, { leaseUntil: Date.now() + 60_000 });
      const events = park(question(id, new Date(Date.now() - 1).toISOString()));
      await store.command(id, { kind: 'append', activation, fence: 1, events }, { batch: 1 });
      expect(await store.openDecisions(null)).toMatchObject([{ run: id, status: 'pending' }]);
    }
    await runner.restart();
    expect(await runner.client.decisions.list.query()).toMatchObject([{ run: id, status: 'expired' }]);
  });

  test('fires a timer when it is due', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate();
    using feed = follow(runner.client, { after: 0 });
    const worker = await beWorker(runner, state.id);
    const at = new Date(Date.now() + 150).toISOString();
    await worker.append({ type: 'activation.ended', v: 2, until: { kind: 'time', at } });
    await feed.saw('timer.fired');
    const fired = feed.events.find(({ body }) => body.type === 'timer.fired');
    expect(fired!.at >= at).toBe(true);
    expect(Date.parse(fired!.at) - Date.parse(at)).toBeLessThan(10_000);
  });

  test('gives the runs of workers that were stopped to new ones when the runner starts again', async () => {
    await using runner = await startRunner();
    const state = await runner.delegate();
    await beWorker(runner, state.id);
    await runner.restart();
    const events = await runner.client.runs.events.query({ run: state.id });
    expect(events.map(({ body }) => body.type)).toEqual([
      'run.created',
      'activation.queued',
      'activation.leased',
      'activation.returned',
      'activation.queued',
    ]);
    await beWorker(runner, state.id);
  });

  test('removes the tree of a run that is over for good, and keeps what apply needs, and all of one that can be resumed', async () => {
    await using runner = await startRunner();
    const [completed, cancelled] = [await runner.delegate(), await runner.delegate()];
    for (const { id } of [completed, cancelled])
      await mkdir(join(runner.home.run(id), 'tree', 'deep'), { recursive: true });
    await runner.client.runs.cancel.mutate({ run: cancelled.id });
    await (await beWorker(runner, completed.id)).append({ type: 'run.completed', v: 1 });
    await runner.restart();
    await untilThereIs(runner.home.run(completed.id), ['source.git']);
    expect((await readdir(runner.home.run(cancelled.id))).toSorted()).toEqual(['source.git', 'tree']);
  });

  test('removes all of a run that is deleted, for whoever delegated it, and keeps the repository as it is', async () => {
    const other = { name: 'adam', tenant: 'local', role: 'approver' } as const;
    await using runner = await startRunner({
      change: (config) => ({
        ...config,
        server: { ...config.server, tokens: [{ hash: tokenHash('token-of-another'), ...other }] },
      }),
    });
    const [gone, open] = [await runner.delegate(), await runner.delegate()];
    expect(await failureOf(runner.client.runs.delete.mutate({ run: gone.id }))).toMatchObject({ code: 'CONFLICT' });
    await runner.client.runs.cancel.mutate({ run: gone.id });
    const deletion = () => runner.client.runs.deletion.query({ run: gone.id });
    // Its worker has to have left.
    await expect.poll(() => deletion().catch(() => null)).not.toBe(null);
    const told = await deletion();
    expect(told).toMatchObject({ number: gone.number, events: 3, contents: 0, folder: runner.home.run(gone.id) });
    const another = clientOf(runner.serving.url, 'token-of-another');
    // Hiding is anybody's who may review; taking away is not.
    expect(await failureOf(another.runs.delete.mutate({ run: gone.id }))).toMatchObject({ refusal: 'denied' });
    expect(await another.runs.archive.mutate({ run: gone.id })).toMatchObject({ archived: 'person:adam' });
    expect((await another.runs.list.query({})).runs.map(({ id }) => id)).toEqual([open.id]);
    expect(await runner.client.runs.delete.mutate({ run: gone.id })).toEqual({ ...told, events: told.events + 1 });
    await untilThereIs(runner.home.runs, [open.id]);
    expect(await failureOf(runner.client.runs.get.query({ run: gone.id }))).toMatchObject({ code: 'NOT_FOUND' });
    expect((await runner.client.runs.list.query({ archived: true })).runs.map(({ id }) => id)).toEqual([open.id]);
    await runner.restart();
    expect((await runner.client.runs.list.query({ archived: true })).runs).toHaveLength(1);
  });

  test('removes all of a run that has been over for longer than it is kept, and what a cut-off delegation left', async () => {
    await using runner = await startRunner({
      change: (config) => ({ ...config, retention: { sourceDays: 0, treeDays: 0 } }),
    });
    const [over, open] = [await runner.delegate(), await runner.delegate()];
    await runner.client.runs.cancel.mutate({ run: over.id });
    await mkdir(join(runner.home.runs, 'run_orphan'));
    await mkdir(join(runner.home.runs, '.tools'));
    await runner.restart();
    await untilThereIs(runner.home.runs, ['.tools', open.id]);
    expect(await runner.client.runs.get.query({ run: over.id })).toMatchObject({ status: 'cancelled' });
  });
});

describe('a runner', () => {
  test('says where it is while it is there', async () => {
    await using runner = await startRunner();
    const text = await readFile(runner.home.runner, 'utf8');
    const said = JSON.parse(text) as { pid: number; startTime: number }; // safe: compared just below
    expect(said).toMatchObject({ pid: process.pid, url: runner.serving.url });
    expect(isRunning(said)).toBe(true);
    expect((await stat(runner.home.runner)).mode & 0o777).toBe(0o600);
    await runner.client.runner.shutdown.mutate();
    await runner.serving.closed;
    await expect(stat(runner.home.runner)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is alone on its home', async () => {
    await using runner = await startRunner();
    const second = serve({ home: runner.home.folder, config: await configFor(), logLevel: 'silent' });
    await expect(second).rejects.toMatchObject({ code: 'locked', remedy: expect.stringContaining('--home') });
    expect(await runner.client.runner.info.query()).toMatchObject({ place: { pid: process.pid } });
    expect(JSON.parse(await readFile(runner.home.runner, 'utf8'))).toMatchObject({ url: runner.serving.url });
  });

  test('says that its port is taken, and leaves its home to the next one', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo; // safe: it listens on TCP
    await using runner = await startRunner();
    await runner.serving.close();
    const options = {
      home: runner.home.folder,
      config: await configFor(),
      logLevel: 'silent',
      worker: ['true'],
    } as const;
    await expect(serve({ ...options, port })).rejects.toMatchObject({
      name: 'Trouble',
      message: `Port ${port} of 127.0.0.1 is taken by another program.`,
      remedy: expect.stringContaining('--port'),
    });
    taken.close();
    const next = await serve(options);
    await next.close();
  });

  test('stops when it is told to, with a feed open', async () => {
    const stop = new AbortController();
    await using runner = await startRunner({ signal: stop.signal });
    await runner.delegate();
    using feed = follow(runner.client, { after: 0 });
    await feed.saw('run.created');
    stop.abort();
    await runner.serving.closed;
    await expect(stat(runner.home.runner)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
