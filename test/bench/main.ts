/**
 * Measures what Longhaul promises, each thing beside what it is compared with, in one run: `npm run bench`, or
 * `node test/bench/main.ts [name …] [--json]`. Exits with 1 where a target is missed.
 */
import { groups, durableStep } from './durable-step.ts';
import { editor } from './editor.ts';
import { fanout } from './fanout.ts';
import { firstCommand } from './first-command.ts';
import { loadBench } from './load.ts';
import { parked } from './parked.ts';
import { reconnect } from './reconnect.ts';
import { postgres } from './postgres.ts';
import { pullRequests } from './pull-requests.ts';
import { recovery } from './recovery.ts';
import { machine, outcomeOf, tableOf, type Bench, type Row } from './rows.ts';
import { sandboxCommand } from './sandbox-command.ts';
import { schedules } from './schedules.ts';
import { wake } from './wake.ts';
import { webhooks } from './webhooks.ts';
import { workerAppend } from './worker-append.ts';

const benches: readonly Bench[] = [
  durableStep,
  workerAppend,
  groups,
  firstCommand,
  sandboxCommand,
  wake,
  recovery,
  reconnect,
  fanout,
  parked,
  postgres,
  webhooks,
  schedules,
  pullRequests,
  editor,
  loadBench,
];

/** ms for one of them, if it does not say otherwise; the slowest takes 20 s on two quiet cores. */
const usualLimitMs = 90_000;

const within = async (bench: Bench): Promise<readonly Row[]> => {
  const { limitMs = usualLimitMs } = bench;
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`"${bench.name}" took longer than ${limitMs / 1000} s`)), limitMs);
  try {
    return await Promise.race([bench.run(), promise]);
  } finally {
    clearTimeout(timer);
  }
};

const chosen = (names: readonly string[]): readonly Bench[] => {
  const unknown = names.filter((name) => benches.every((bench) => bench.name !== name));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no ${unknown.join(', ')}. There are: ${benches.map(({ name }) => name).join(', ')}.\n`,
    );
    process.exit(2);
  }
  return benches.filter(({ name, onlyByName = false }) => (names.length === 0 ? !onlyByName : names.includes(name)));
};

const words = process.argv.slice(2);
const json = words.includes('--json');
const began = performance.now();
const on = machine();
const rows: Row[] = [];
for (const bench of chosen(words.filter((word) => word !== '--json'))) {
  const start = performance.now();
  rows.push(...(await within(bench)));
  process.stderr.write(`${bench.name}: measured in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}
const seconds = Math.round((performance.now() - began) / 1000);
const results = rows.map((row) => ({ ...row, outcome: outcomeOf(row) }));
if (json) process.stdout.write(`${JSON.stringify({ machine: on, seconds, rows: results }, null, 2)}\n`);
else {
  const where = Object.entries(on).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`\n${where.join(' · ')} · ${seconds} s\n\n${tableOf(rows)}\n`);
}
// What a benchmark left open must not keep the program alive.
process.exit(results.some(({ outcome }) => outcome === 'missed') ? 1 : 0);
