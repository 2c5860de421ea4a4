import { pino } from 'pino';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { locks } from '../../runner/control/store/postgres/locks.ts';
import { openPostgresStore } from '../../runner/control/store/postgres/postgres-store.ts';
import { StoreError, type Store, type Written } from '../../runner/control/store/store.ts';
import type { SupervisorRole } from '../../runner/control/store/role.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { fold } from '../../shared/run/reduce.ts';
import { databasePassword, PostgresServer } from '../harness/postgres.ts';
import { TcpProxy, type Fate } from '../harness/tcp-proxy.ts';
import { callFinished, feedOf } from '../suites/runs.ts';
import { someTask } from '../fakes/task.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const log = pino({ level: 'silent' });
const open = (url: string, roleMs?: number) =>
  openPostgresStore({ url, name: 'test', connections: 10, log, ...(roleMs === undefined ? {} : { roleMs }) });

const done = (written: Written): Extract<Written, { outcome: 'done' }> => {
  if (written.outcome === 'refused') throw new Error(written.refusal.message);
  return written;
};

/** Creates the run and takes its lease; what it returns appends one event under a batch number. */
const leased = async (store: Store, run: string) => {
  const { state } = await store.create({ run, task: someTask(), dedupeKey: null });
  const activation = 'activation' in state ? state.activation : '';
  done(await store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil: Date.now() + 60_000 }));
  return (by: Store, batch: number): Promise<Written> =>
    by.command(run, { kind: 'append', activation, fence: 1, events: [callFinished(`${batch}`)] }, { batch, after: 3 });
};

const errorOf = async (work: Promise<unknown>): Promise<Partial<StoreError>> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { code: error.code, message: error.message, remedy: error.remedy };
  }
  return {};
};
const opening = (url: string) => errorOf(open(url).then((opened) => opened[Symbol.asyncDispose]()));

/** Reads the feed whenever the store says that something was committed. */
const follow = (store: Store) => {
  const seen: RunEvent[] = [];
  let reading = Promise.resolve();
  const readOn = async (): Promise<void> => {
    for (;;) {
      const page = await feedOf(store, {}, { after: seen.at(-1)?.position ?? 0, limit: 20 });
      seen.push(...page);
      if (page.length < 20) return;
    }
  };
  let changed = Promise.withResolvers<void>();
  const stop = store.onCommit(() => {
    reading = reading.then(readOn).then(() => {
      changed.resolve();
      changed = Promise.withResolvers<void>();
    });
  });
  return {
    seen,
    until: async (enough: () => boolean): Promise<void> => {
      while (!enough()) await changed.promise;
    },
    [Symbol.dispose]: stop,
  };
};

/** A connection of a third party, which a test can let stand amid a transaction. */
const thirdParty = async (url: string): Promise<Client & AsyncDisposable> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
};

/** Resolves when so many sessions of the database are like this (a condition on pg_stat_activity). */
const sessions = async (url: string, count: number, like: string): Promise<void> => {
  const sql = `select count(*)::int as found from pg_stat_activity where datname = current_database() and ${like}`;
  await server.until(url, sql, ([row]) => Number(row?.['found']) >= count);
};
const waitsForLock = "wait_event = 'advisory'";

describe('the feed', () => {
  test('shows a reader each position once and in order, whichever of two control planes wrote', async () => {
    const url = await server.database();
    await using a = await open(url);
    await using b = await open(url);
    const runs = Array.from({ length: 20 }, (_, index) => `run_many${index}`);
    using reader = follow(b.store);
    await Promise.all(
      runs.map(async (run, index) => {
        const append = await leased(index % 2 === 0 ? a.store : b.store, run);
        for (let batch = 1; batch <= 10; batch += 1) done(await append(batch % 3 === 0 ? a.store : b.store, batch));
      }),
    );
    const total = runs.length * 13;
    await reader.until(() => reader.seen.length >= total);
    expect(reader.seen.map((event) => event.position)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    for (const run of runs) {
      const events = await a.store.events(run, 0, 100);
      expect(reader.seen.filter((event) => event.run === run)).toEqual(events);
      expect(await a.store.state(run)).toEqual(fold(events));
    }
  });

  test('waits for a transaction that commits late: nothing ever appears behind what was read', async () => {
    const url = await server.database();
    await using a = await open(url);
    await using b = await open(url);
    const [slow, fast] = [await leased(a.store, 'run_slow'), await leased(b.store, 'run_fast')];
    using reader = follow(b.store);
    await using third = await thirdParty(url);
    // The trigger holds the slow run's write up after it was given its position and before it can commit.
    await third.query(`
      create function hold() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(42); return new; end $$;
      create trigger hold before update on runs for each row when (new.id = 'run_slow') execute function hold()`);
    await third.query('begin; select pg_advisory_xact_lock(42)');
    const before = await a.store.position();
    const late = slow(a.store, 1);
    await sessions(url, 1, waitsForLock);
    const next = fast(b.store, 1);
    // The one is held by the third party, the other by the one.
    await sessions(url, 2, waitsForLock);
    expect(await feedOf(b.store, {}, { after: before, limit: 10 })).toEqual([]);
    await third.query('commit');
    const [{ events: first }, { events: second }] = [done(await late), done(await next)];
    await reader.until(() => reader.seen.some((event) => event.position === before + 2));
    expect([first, second].map((events) => events.map(({ position }) => position))).toEqual([
      [before + 1],
      [before + 2],
    ]);
    expect(reader.seen.map((event) => [event.position, event.run])).toEqual(
      [...(await feedOf(a.store, {}, { after: 0, limit: 100 }))].map((event) => [event.position, event.run]),
    );
  });

  test('is told again when its connection broke, since it may have missed something', async () => {
    const url = await server.database();
    await using proxy = await TcpProxy.to(server.port);
    await using near = await open(url);
    await using far = await open(server.url(new URL(url).pathname.slice(1), proxy.port));
    const append = await leased(near.store, 'run_aaaa');
    using reader = follow(far.store);
    done(await append(near.store, 1));
    await reader.until(() => reader.seen.length === 4);
    proxy.fateOf = () => 'cut';
    proxy.cut();
    done(await append(near.store, 2));
    proxy.fateOf = () => 'pass';
    await reader.until(() => reader.seen.length === 5);
    expect(reader.seen).toEqual(await feedOf(near.store, {}, { after: 0, limit: 10 }));
  });
});

const isCommit = (piece: Buffer): boolean => piece.includes('commit\0');

/** Does it to the first piece that is like this. */
const once = (fate: Fate, like: (piece: Buffer) => boolean = isCommit) => {
  let struck = false;
  return (piece: Buffer): Fate => {
    if (struck || !like(piece)) return 'pass';
    struck = true;
    return fate;
  };
};

describe('a connection that breaks', () => {
  test.each(['cut', 'lose the answer'] as const)(
    'at a commit (%s): the write is there, once, and its answer says so',
    async (fate) => {
      const url = await server.database();
      await using proxy = await TcpProxy.to(server.port);
      await using opened = await open(server.url(new URL(url).pathname.slice(1), proxy.port));
      const { store } = opened;
      const heard: (readonly string[] | null)[] = [];
      store.onCommit((runs) => heard.push(runs));
      proxy.fateOf = once(fate);
      const append = await leased(store, 'run_aaaa');
      proxy.fateOf = once(fate);
      const written = done(await append(store, 1));
      proxy.fateOf = once(fate);
      const again = done(await store.command('run_aaaa', { kind: 'message', by: 'person:ada', text: 'once' }));
      proxy.fateOf = once(fate);
      await store.linkBlob('run_aaaa', { hash: 'a'.repeat(64), bytes: 3, use: 'result' });
      const events = await store.events('run_aaaa', 0, 100);
      expect(events.map((event) => event.body.type)).toEqual([
        'run.created',
        'activation.queued',
        'activation.leased',
        'call.finished',
        'message.sent',
      ]);
      expect([written.repeated, written.events, again.events, await store.state('run_aaaa')]).toEqual([
        false,
        events.slice(3, 4),
        events.slice(4),
        fold(events),
      ]);
      expect(await store.runHasBlob('run_aaaa', 'a'.repeat(64))).toBe(true);
      expect(heard.filter((runs) => runs !== null)).toEqual(Array.from({ length: 4 }, () => ['run_aaaa']));
    },
  );

  test('for good, at a commit: that it may be there is said, and a repeated batch is there once', async () => {
    const url = await server.database();
    await using proxy = await TcpProxy.to(server.port);
    await using near = await open(url);
    await using far = await open(server.url(new URL(url).pathname.slice(1), proxy.port));
    const append = await leased(near.store, 'run_aaaa');
    let broken = false;
    proxy.fateOf = (piece) => {
      if (broken) return 'cut';
      broken = isCommit(piece);
      return broken ? 'lose the answer' : 'pass';
    };
    expect(await errorOf(append(far.store, 1))).toEqual({
      code: 'unreachable',
      message: expect.stringMatching(
        /^The database at postgres:\/\/ada@127.0.0.1:\d+\/\w+ went away while something of run run_aaaa was being committed: it is not known whether that was written\.$/,
      ),
      remedy: 'When the database is back, look at the run before you do it again.',
    });
    proxy.fateOf = () => 'pass';
    expect(done(await append(far.store, 1))).toMatchObject({ repeated: true });
    expect(await near.store.events('run_aaaa', 3, 10)).toHaveLength(1);
  });

  test('with the server, which is started again: what waits goes on, and so do its readers', async () => {
    await using own = await PostgresServer.start();
    await using opened = await open(await own.database());
    const { store } = opened;
    const append = await leased(store, 'run_aaaa');
    using reader = follow(store);
    await own.stop('immediate');
    const unreachable = await errorOf(store.position());
    await own.start();
    done(await append(store, 1));
    await reader.until(() => reader.seen.length === 4);
    expect([unreachable.code, await store.position()]).toEqual(['unreachable', 4]);
  });
});

test('a control plane that falls silent amid a write holds the others off for a while, and its write is done when it is back', async () => {
  const url = await server.database();
  await using proxy = await TcpProxy.to(server.port);
  await using near = await open(url);
  await using far = await open(server.url(new URL(url).pathname.slice(1), proxy.port));
  const [appendNear, appendFar] = [await leased(near.store, 'run_near'), await leased(near.store, 'run_far0')];
  // It has been given its position, and its next statement never arrives.
  proxy.fateOf = once('hang', (piece) => piece.includes('insert into "events"'));
  const late = appendFar(far.store, 1);
  await sessions(url, 1, "state = 'idle in transaction' and wait_event = 'ClientRead'");
  const [{ events: first }, { events: second }] = [done(await appendNear(near.store, 1)), done(await late)];
  expect(new Set([first, second].flatMap((events) => events.map(({ position }) => position)))).toEqual(new Set([7, 8]));
});

test('a write that Postgres undid because of a deadlock is done again', async () => {
  const url = await server.database();
  await using opened = await open(url);
  const append = await leased(opened.store, 'run_aaaa');
  await using third = await thirdParty(url);
  await third.query(`begin; select pg_advisory_xact_lock(${locks.positions})`);
  const written = append(opened.store, 1);
  await sessions(url, 1, waitsForLock);
  // Each holds what the other wants; the one that began to wait first finds out and is undone.
  await third.query(`select from runs where id = 'run_aaaa' for update`);
  await third.query('commit');
  expect(done(await written)).toMatchObject({ repeated: false });
  expect(await opened.store.position()).toBe(4);
  const [{ deadlocks } = { deadlocks: 0 }] = await server.execute(
    url,
    'select pg_stat_clear_snapshot(), deadlocks::int from pg_stat_database where datname = current_database()',
  );
  expect(deadlocks).toBe(1);
});

describe('opening', () => {
  test('by many at once makes one schema, and one secret for all', async () => {
    const url = await server.database();
    await using stack = new AsyncDisposableStack();
    const opened = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    for (const each of opened) stack.use(each);
    expect(new Set(opened.map(({ secret }) => secret.toString('hex'))).size).toBe(1);
    expect(opened[0]?.secret).toHaveLength(32);
  });

  test('a database of a newer version is refused and left as it is', async () => {
    const url = await server.database();
    expect(await opening(url)).toEqual({});
    await server.execute(url, `insert into migrations (name, at) values ('900-tomorrow', '2040-01-01T00:00:00.000Z')`);
    expect(await opening(url)).toMatchObject({
      code: 'newer',
      message: 'The database was written by a newer Longhaul: it has 900-tomorrow.',
    });
  });

  test('states that an older version wrote are folded again from the log', async () => {
    const url = await server.database();
    await (async () => {
      await using opened = await open(url);
      await leased(opened.store, 'run_aaaa');
    })();
    await server.execute(url, `update runs set state_version = 0, state = '{}', status = 'waiting', over = 1`);
    await using opened = await open(url);
    const state = fold(await opened.store.events('run_aaaa', 0, 10));
    expect([await opened.store.state('run_aaaa'), (await opened.store.counts(null))['working']]).toEqual([state, 1]);
  });

  test('one that cannot be had is said to be so, with what to do, and without its password', async () => {
    const url = await server.database();
    await server.execute(url, `create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`);
    await server.execute(url, `create role eve login password '${databasePassword}'`);
    const closed = await TcpProxy.to(1);
    const { port } = closed;
    await closed[Symbol.asyncDispose]();
    const errors = await Promise.all([
      opening(server.url('longhaul', port)),
      opening(server.url('nowhere')),
      opening(url.replace(databasePassword, `not-${databasePassword}`)),
      opening(url.replace(`:${databasePassword}`, '')),
      opening(url.replace('ada', 'eve')),
      opening(server.url('latin')),
      opening(`${url}?sslmode=verify-full`),
    ]);
    expect(errors.map(({ code }) => code)).toEqual([
      'unreachable',
      'denied',
      'denied',
      'denied',
      'denied',
      'io',
      'unreachable',
    ]);
    expect(errors.every(({ remedy = '' }) => remedy.length > 10)).toBe(true);
    expect(JSON.stringify(errors)).not.toContain(databasePassword);
  });
});

test('a title with a character that Postgres cannot hold is kept, less that character', async () => {
  await using opened = await open(await server.database());
  const task = someTask({ title: 'one\0two', goal: 'a\0b' });
  await opened.store.create({ run: 'run_aaaa', task, dedupeKey: 'key\0' });
  expect((await opened.store.state('run_aaaa'))?.task).toEqual(task);
  expect(await opened.store.create({ run: 'run_bbbb', task, dedupeKey: 'key\0' })).toMatchObject({ outcome: 'known' });
});

describe('the supervisor’s role', () => {
  const taken = (role: SupervisorRole): Promise<void> =>
    role.held ? Promise.resolve() : new Promise((resolve) => role.onTaken(resolve));

  test('is one control plane’s, and another’s as soon as that one is gone', async () => {
    const url = await server.database();
    await using proxy = await TcpProxy.to(server.port);
    const first = await open(server.url(new URL(url).pathname.slice(1), proxy.port));
    await taken(first.role);
    await using second = await open(url);
    expect([first.role.held, second.role.held]).toEqual([true, false]);
    // As if its machine had lost its network: it cannot say good-bye.
    proxy.fateOf = () => 'cut';
    proxy.cut();
    await taken(second.role);
    // It sees its broken connection in one of the next turns.
    while (first.role.held) await new Promise(setImmediate);
    expect(second.role.held).toBe(true);
    proxy.fateOf = () => 'pass';
    const back = taken(first.role);
    // In order: it gives the role up.
    await second[Symbol.asyncDispose]();
    await back;
    await first[Symbol.asyncDispose]();
  });

  test('is had again at once by who had it, over another connection, though the server has not seen the first one break', async () => {
    const url = await server.database();
    await using proxy = await TcpProxy.to(server.port);
    await using first = await open(server.url(new URL(url).pathname.slice(1), proxy.port), 600_000);
    await taken(first.role);
    await using second = await open(url, 600_000);
    const { fence } = first.role;
    proxy.forsake();
    await expect.poll(() => first.role.held && Number(first.role.fence) > Number(fence)).toBe(true);
    expect(second.role.held).toBe(false);
  });

  test('is lost by one whose network swallows everything, and what it still does in the role has no effect', async () => {
    const url = await server.database();
    await using proxy = await TcpProxy.to(server.port);
    // Its role goes through the proxy; its writes are those of a process that was stopped and goes on.
    await using first = await open(server.url(new URL(url).pathname.slice(1), proxy.port), 1_000);
    await taken(first.role);
    const { fence } = first.role;
    proxy.fateOf = () => 'hang';
    await using late = await open(url, 600_000);
    await taken(late.role);
    expect(first.role.held).toBe(false);
    expect(Number(late.role.fence)).toBeGreaterThan(Number(fence));
    const { state } = await late.store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null });
    const act = (role: number | null) =>
      late.store.command('run_aaaa', { kind: 'cancel', by: 'person:x', reason: 'late' }, { role });
    expect(await act(fence)).toMatchObject({ outcome: 'refused', refusal: { code: 'fenced' } });
    // Never had.
    expect(await act(0)).toMatchObject({ outcome: 'refused', refusal: { code: 'fenced' } });
    expect(await late.store.state('run_aaaa')).toEqual(state);
    expect(await act(late.role.fence)).toMatchObject({ outcome: 'done' });
  });

  test('is not taken over amid a write that is done in it', async () => {
    const url = await server.database();
    await using one = await open(url, 600_000);
    await taken(one.role);
    await one.store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null });
    await using third = await thirdParty(url);
    await third.query(`begin; select from runs for update`);
    const lost = one.store.command(
      'run_aaaa',
      { kind: 'cancel', by: 'person:x', reason: 'x' },
      { role: one.role.fence },
    );
    await sessions(url, 1, "wait_event_type = 'Lock'");
    const taking = server.execute(url, `update roles set fence = fence + 1, until = now() + interval '1 hour'`);
    await sessions(url, 2, "wait_event_type = 'Lock'");
    await third.query('commit');
    expect(await lost).toMatchObject({ outcome: 'done' });
    await taking;
    expect(
      await one.store.command('run_aaaa', { kind: 'cancel', by: 'person:x', reason: 'y' }, { role: one.role.fence }),
    ).toMatchObject({ outcome: 'refused', refusal: { code: 'fenced' } });
  });
});
