import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../runner/cli/connection/client.ts';
import { follow } from '../../runner/cli/connection/feed.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { calls, fails, scripted, type Asked } from '../fakes/openai/index.ts';
import { asksOnce, asksOnceInput, someRepository, waits } from '../harness/asks-once.ts';
import { nameOf, Planes } from '../harness/planes.ts';
import { databasePassword, postgresProgram, PostgresServer } from '../harness/postgres.ts';
import { projectRoot, Rig } from '../harness/rig.ts';
import { delegateUpload } from '../harness/uploads.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const inReview = ({ status }: RunState) => status === 'reviewing';
const typeIs =
  (type: RunEvent['body']['type']) =>
  ({ body }: RunEvent): boolean =>
    body.type === type;

const approve = async (at: Rig, state: RunState): Promise<void> => {
  const [open] = openDecisions(state);
  await at.api.decisions.decide.mutate({
    run: state.id,
    decision: open!.request.id,
    hash: open!.request.hash,
    verdict: { kind: 'approved' },
  });
};

const accountOf = (state: RunState, events: readonly RunEvent[]): object => ({
  status: state.status,
  verification: state.verification.map(({ exitCode }) => exitCode),
  made: events.filter(typeIs('decision.made')).length,
  reasons: events.flatMap(({ body }) => (body.type === 'activation.lost' ? [body.reason] : [])),
});

/** The control planes whose workers had a run. */
const workersOf = (events: readonly RunEvent[]) =>
  events.flatMap(({ body }) => (body.type === 'activation.leased' ? [body.worker.split(' ')[0]] : []));

test('two control planes are one: what is begun at one is followed, decided and reviewed at the other', async () => {
  await using planes = await Planes.open({ server, script: asksOnce });
  const supervisor = await planes.supervisor();
  const other = planes.otherThan(supervisor);
  expect(supervisor.token).toBe(other.token);
  const stop = new AbortController();
  const seen: RunEvent[] = [];
  const following = (async () => {
    const api = connect({ url: other.url, token: supervisor.token });
    for await (const event of follow({ run: null, after: 0, signal: stop.signal, connect: async () => api }))
      seen.push(event);
  })();
  // The one that delegates has no say in who works; the worker's calls go through the balancer, to the other one.
  planes.lead(other);
  const repository = await someRepository();
  const parked = await other.settled((await other.delegate({ ...asksOnceInput, repository })).id, waits);
  await approve(other, parked);
  const done = await supervisor.settled(parked.id, inReview);
  const events = await supervisor.events(done.id);
  expect(accountOf(done, events)).toEqual({ status: 'reviewing', verification: [0], made: 1, reasons: [] });
  expect(new Set(workersOf(events))).toEqual(new Set([await nameOf(supervisor)]));
  await other.event(done.id, ({ seq }) => seq === events.length);
  expect((await other.api.runs.diff.query({ run: done.id })).patch).toContain('+once');
  stop.abort();
  await following;
  expect(seen).toEqual(events);
});

test('when the one that supervises is killed, another goes on with its runs', async () => {
  await using planes = await Planes.open({ server, script: asksOnce, env: { LONGHAUL_LEASE_SECONDS: '2' } });
  const first = await planes.supervisor();
  const second = planes.otherThan(first);
  planes.lead(first);
  const repository = await someRepository();
  const parked = await first.settled((await first.delegate({ ...asksOnceInput, repository })).id, waits);
  await first.kill();
  planes.lead(second);
  await planes.supervisedBy(second);
  await approve(second, parked);
  const done = await second.settled(parked.id, inReview);
  expect(accountOf(done, await second.events(done.id))).toEqual({
    status: 'reviewing',
    verification: [0],
    made: 1,
    reasons: [],
  });
});

test('one that hangs with its connections open loses the role, another does what falls due, and when it wakes nothing is done twice', async () => {
  // It rests the run for longer than the worker waits itself: what ends the rest is a timer of the supervisor's.
  const rests = [fails(429, { retryAfter: 22 })];
  const resting = scripted([
    () => rests.shift() ?? calls('bash', { command: 'echo once >> log.txt', timeoutSeconds: null, network: null }),
    ({ entries }: Asked) =>
      calls('finish', {
        summary: 'It is written.',
        claims: [{ text: 'Once', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
      }),
  ]);
  await using planes = await Planes.open({ server, script: resting });
  const first = await planes.supervisor();
  const second = planes.otherThan(first);
  planes.lead(second);
  const repository = await someRepository();
  const { id } = await second.delegate({ ...asksOnceInput, policy: null, repository });
  await second.settled(id, waits);
  process.kill(first.pid, 'SIGSTOP');
  await planes.supervisedBy(second);
  const done = await second.settled(id, inReview);
  process.kill(first.pid, 'SIGCONT');
  // It has looked at what it missed when it answers, and says that it stands by.
  await first.logged(/role cannot be had or was lost/);
  const queued = await first.delegate({ ...asksOnceInput, policy: null, repository });
  await first.settled(queued.id, inReview);
  expect(await planes.supervisor()).toBe(second);
  const events = await first.events(id);
  expect(await first.api.runs.get.query({ run: id })).toEqual(done);
  expect({
    ...accountOf(done, events),
    fired: events.filter(typeIs('timer.fired')).length,
    workers: new Set(workersOf(events)),
    later: new Set(workersOf(await first.events(queued.id))),
  }).toEqual({
    status: 'reviewing',
    verification: [0],
    made: 0,
    reasons: [],
    fired: 1,
    workers: new Set([await nameOf(first), await nameOf(second)]),
    later: new Set([await nameOf(second)]),
  });
});

/** A model that lets itself be waited for: its first answer, which needs nobody's approval, comes when it is told to. */
const heldScript = () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const held = scripted([
    async () => {
      await released;
      return calls('bash', { command: 'echo once >> log.txt', timeoutSeconds: null, network: null });
    },
    ({ entries }: Asked) =>
      calls('finish', {
        summary: 'It is written.',
        claims: [{ text: 'Once', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
      }),
  ]);
  return { held, release };
};

/** No lease runs out while a test lasts. */
const longLeases = { LONGHAUL_LEASE_SECONDS: '600' };

test('a control plane that comes back ends the leases of its own dead workers, and of no others', async () => {
  const { held, release } = heldScript();
  await using planes = await Planes.open({ server, script: held, env: longLeases });
  const first = await planes.supervisor();
  const second = planes.otherThan(first);
  planes.lead(second);
  const repository = await someRepository();
  const delegate = (at: Rig) => at.delegate({ ...asksOnceInput, policy: null, repository });
  const ofFirst = await delegate(first);
  await second.event(ofFirst.id, typeIs('model.started'));
  await first.kill();
  await planes.supervisedBy(second);
  const ofSecond = await delegate(second);
  await second.event(ofSecond.id, typeIs('model.started'));
  expect((await second.events(ofFirst.id)).filter(typeIs('activation.lost'))).toEqual([]);
  await first.start();
  release();
  const [one, two] = [await second.settled(ofFirst.id, inReview), await second.settled(ofSecond.id, inReview)];
  expect([accountOf(one, await second.events(one.id)), accountOf(two, await second.events(two.id))]).toEqual([
    { status: 'reviewing', verification: [0], made: 0, reasons: ['the runner was restarted'] },
    { status: 'reviewing', verification: [0], made: 0, reasons: [] },
  ]);
});

test('a control plane that is stopped leaves what its workers had to the other at once', async () => {
  const { held, release } = heldScript();
  await using planes = await Planes.open({ server, script: held, env: longLeases });
  const first = await planes.supervisor();
  const second = planes.otherThan(first);
  planes.lead(second);
  const { id } = await first.delegate({ ...asksOnceInput, policy: null, repository: await someRepository() });
  await second.event(id, typeIs('model.started'));
  await first.kill('SIGTERM');
  release();
  const done = await second.settled(id, inReview);
  const events = await second.events(id);
  expect(accountOf(done, events)).toEqual({ status: 'reviewing', verification: [0], made: 0, reasons: [] });
  expect(events.filter(typeIs('activation.returned'))).toHaveLength(1);
});

test.each<[string, (first: Rig, repository: string) => Promise<string>]>([
  ['a folder of one machine', async (first, repository) => (await first.delegate({ ...asksOnceInput, repository })).id],
  [
    'an upload',
    async ({ url, token }, repository) => {
      const { goal, verification, policy } = asksOnceInput;
      const { run } = await delegateUpload({ url, token }, repository, { goal, verification, policy, setup: [] });
      return run.id;
    },
  ],
])('a run on %s goes on at a control plane that has nothing of it but the blobs', async (_source, delegate) => {
  await using planes = await Planes.open({ server, script: asksOnce, env: { LONGHAUL_LEASE_SECONDS: '2' } });
  const first = await planes.supervisor();
  const second = planes.otherThan(first);
  planes.lead(first);
  const parked = await first.settled(await delegate(first, await someRepository()), waits);
  await first.kill();
  planes.lead(second);
  await approve(second, parked);
  const done = await second.settled(parked.id, inReview);
  const events = await second.events(done.id);
  expect(accountOf(done, events)).toEqual({ status: 'reviewing', verification: [0], made: 1, reasons: [] });
  expect(events.filter(typeIs('workspace.rebuilt'))).toHaveLength(1);
});

test('a copy of the database and of the blobs is all that a parked run needs to go on elsewhere', async () => {
  const copies = await mkdtemp(path.join(tmpdir(), 'longhaul-copy-'));
  const dump = path.join(copies, 'longhaul.dump');
  const parked = await (async () => {
    await using planes = await Planes.open({ server, script: asksOnce });
    const rig = await planes.supervisor();
    planes.lead(rig);
    const state = await rig.settled(
      (await rig.delegate({ ...asksOnceInput, repository: await someRepository() })).id,
      waits,
    );
    // While both are at work, as docs/operating.md says.
    execFileSync(postgresProgram('pg_dump'), ['--format=custom', '--file', dump, planes.database]);
    execFileSync('cp', ['--archive', planes.shared, path.join(copies, 'shared')]);
    return { state, events: await rig.events(state.id), token: rig.token, gone: planes.shared };
  })();
  await using elsewhere = await PostgresServer.start();
  const database = await elsewhere.database();
  execFileSync(postgresProgram('pg_restore'), ['--exit-on-error', '--no-owner', '--dbname', database, dump]);
  // To where they were: the log names them.
  execFileSync('cp', ['--archive', path.join(copies, 'shared'), parked.gone]);
  await using rig = await Rig.start({
    script: asksOnce,
    shared: { folder: parked.gone, names: ['blobs'] },
    env: { LONGHAUL_DATABASE_URL: database },
  });
  expect(await rig.events(parked.state.id)).toEqual(parked.events);
  expect(rig.token).toBe(parked.token);
  await approve(rig, parked.state);
  const done = await rig.settled(parked.state.id, inReview);
  expect(accountOf(done, await rig.events(done.id))).toEqual({
    status: 'reviewing',
    verification: [0],
    made: 1,
    reasons: [],
  });
  await Promise.all([copies, parked.gone].map((folder) => rm(folder, { recursive: true, force: true })));
});

test('the password of the database is told to nobody', async () => {
  await using planes = await Planes.open({ server, script: asksOnce });
  const rig = await planes.supervisor();
  planes.lead(rig);
  const state = await rig.settled(
    (await rig.delegate({ ...asksOnceInput, repository: await someRepository() })).id,
    waits,
  );
  const doctor = await rig.cli(['doctor', '--json']);
  expect(doctor.stdout).toContain(`postgres://ada@127.0.0.1:${planes.server.port}`);
  const workers = await Promise.all((await rig.workers()).map((pid) => readFile(`/proc/${pid}/environ`, 'utf8')));
  expect(workers.length).toBeGreaterThan(0);
  await planes.server.stop();
  // While it is away, everything that asks for it fails, and says so.
  const away = await rig.cli(['show', state.id]);
  expect({ code: away.code, stderr: away.stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot be reached'),
  });
  const alone = await rig.cli(['doctor', '--json'], { env: { LONGHAUL_HOME: path.join(rig.folder, 'none') } });
  expect(alone.stdout).toContain('cannot be reached');
  await planes.server.start();
  await rig.cli(['show', state.id]);
  const said = [...planes.all.map(({ output }) => output), doctor, away, alone, workers, await rig.events(state.id)];
  expect(JSON.stringify(said)).not.toContain(databasePassword);
});

test('a copy of the program without the driver says so', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-bare-'));
  await cp(path.join(projectRoot, 'dist'), path.join(folder, 'dist'), { recursive: true });
  await using rig = await Rig.start({ script: asksOnce });
  const env = { ...rig.env, LONGHAUL_HOME: path.join(rig.folder, 'other'), LONGHAUL_DATABASE_URL: 'postgres://x/y' };
  const program = path.join(folder, 'dist', 'longhaul.mjs');
  const run = (): string => {
    try {
      return execFileSync(process.execPath, [program, 'serve'], { env, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return String((error as { stderr: unknown }).stderr); // safe: execFileSync throws what has it
    }
  };
  expect(run()).toMatch(/the package pg is not there\.\n.*npm package/);
  await rm(folder, { recursive: true });
});
