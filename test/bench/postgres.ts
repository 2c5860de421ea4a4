import { Client } from 'pg';
import { pino } from 'pino';
import { openPostgresStore } from '../../runner/control/store/postgres/postgres-store.ts';
import type { Store } from '../../runner/control/store/store.ts';
import { neverAnswers } from '../fakes/openai/index.ts';
import { Planes } from '../harness/planes.ts';
import { PostgresServer } from '../harness/postgres.ts';
import type { Bench, Row } from './rows.ts';
import { inMs, p50, quantile, timed } from './statistics.ts';
import { leasedRun, step, stepEvent } from './store-run.ts';
import { wakeTimes } from './wake.ts';

const steps = 400;
const warm = 100;

/** A connection to the same server that does the least that is durable: one prepared insert of the same event, a commit each. */
const rawLog = async (url: string) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('create table raw (position bigint primary key, run text, seq bigint, body text)');
  let seq = 0;
  return {
    append: async (): Promise<void> => {
      seq += 1;
      const values = [seq, 'run_bench', seq, JSON.stringify(stepEvent)];
      await client.query({ name: 'append', text: 'insert into raw values ($1, $2, $3, $4)', values });
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
};

/** A durable step and a raw append, in turn on the same server. */
const durableStep = async (store: Store, url: string): Promise<Row> => {
  await using raw = await rawLog(url);
  const run = await leasedRun(store, 'run_bench');
  const samples: Record<'raw' | 'store', number[]> = { raw: [], store: [] };
  for (let batch = 1; batch <= steps + warm; batch += 1) {
    const rawly = await timed(() => raw.append());
    const stepped = await timed(() => step(store, run, batch));
    if (batch <= warm) continue;
    samples.raw.push(rawly);
    samples.store.push(stepped);
  }
  return {
    what: 'Postgres: durable step through the store against a raw append',
    value: p50(samples.store) / p50(samples.raw),
    unit: '×',
    target: null,
    note: `p50 ${inMs(p50(samples.store))} against ${inMs(p50(samples.raw))} (a prepared insert, a commit each, same server)`,
  };
};

const runs = 50;
const stepsOfEach = 40;

const manyAtOnce = async (store: Store): Promise<Row> => {
  const leased = await Promise.all(Array.from({ length: runs }, (_, index) => leasedRun(store, `run_many${index}`)));
  const samples: number[] = [];
  const ms = await timed(() =>
    Promise.all(
      leased.map(async (run) => {
        for (let batch = 1; batch <= stepsOfEach; batch += 1) samples.push(await timed(() => step(store, run, batch)));
      }),
    ),
  );
  return {
    what: `Postgres: a step while ${runs} runs append as fast as they can`,
    value: p50(samples),
    unit: 'ms',
    target: null,
    note: `p50; p95 ${inMs(quantile(samples, 0.95))}; ${Math.round((samples.length * 1000) / ms).toLocaleString('en')} steps a second in all`,
  };
};

const takeovers = 5;

/** From the SIGKILL of the control plane that supervises to another's having its role. */
const takeover = async (): Promise<Row> => {
  await using planes = await Planes.open({ script: () => neverAnswers() });
  const samples: number[] = [];
  for (let round = 0; round < takeovers; round += 1) {
    const victim = await planes.supervisor();
    samples.push(
      await timed(async () => {
        await victim.kill();
        await planes.supervisor();
      }),
    );
    await victim.start();
  }
  return {
    what: 'Postgres: SIGKILL of the supervising control plane to the other’s supervising',
    value: p50(samples),
    unit: 'ms',
    target: null,
    note: `p50 of ${takeovers}; slowest ${inMs(Math.max(...samples))}; runs of its workers wait for their leases on top`,
  };
};

const wake = async (server: PostgresServer): Promise<Row> => {
  const { leases, starts } = await wakeTimes({ LONGHAUL_DATABASE_URL: await server.database() });
  return {
    what: 'Postgres: wake, approval sent to the approved call begun',
    value: p50(starts),
    unit: 'ms',
    target: { at: 'below', value: 100 },
    note: `p50 of ${starts.length}; p95 ${inMs(quantile(starts, 0.95))}; the worker's lease after ${inMs(p50(leases))}`,
  };
};

/** The same promises on Postgres, with fsync, on loopback. */
export const postgres: Bench = {
  name: 'postgres',
  run: async () => {
    await using server = await PostgresServer.start();
    const rows: Row[] = [];
    {
      const url = await server.database();
      const log = pino({ level: 'silent' });
      await using opened = await openPostgresStore({ url, name: 'bench', connections: 10, log });
      rows.push(await durableStep(opened.store, url), await manyAtOnce(opened.store));
    }
    rows.push(await wake(server), await takeover());
    return rows;
  },
};
