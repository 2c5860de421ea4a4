/** Parks so many runs, then says how much memory the process takes: what a control plane looks like after a busy day. */
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { ListInput } from '../../shared/api/runner-api.ts';
import { park } from './store-run.ts';

const [folder = '', count = '0'] = process.argv.slice(2);
await using store = await openSqliteStore({ folder });
/** What a scheduler and an open list ask for. */
const look = async (): Promise<void> => {
  for (let round = 0; round < 20; round++) {
    await Promise.all([
      store.due(Date.now()),
      store.heads({ now: Date.now(), places: 50, byRepository: false }),
      store.counts(null),
      store.list('local', ListInput.parse({})),
    ]);
    globalThis.gc?.();
  }
};

const settle = async (): Promise<number> => {
  await look();
  return process.memoryUsage.rss();
};

// As many again first, so that what is measured is the runs and not the program warming up.
const total = Number(count);
const at = async (from: number, to: number): Promise<void> => {
  for (let index = from; index < to; index += 50)
    await Promise.all(
      Array.from({ length: Math.min(50, to - index) }, (_, offset) => park(store, `run_parked${index + offset}`)),
    );
};
await at(0, 2000);
const before = await settle();
await at(2000, 2000 + total);
const after = await settle();
process.stdout.write(`${JSON.stringify({ before, after })}\n`);
