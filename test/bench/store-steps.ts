/** Does so many durable steps, one after the other, and nothing else: what its system calls are counted over. */
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { leasedRun, step } from './store-run.ts';

const [folder = '', steps = '0'] = process.argv.slice(2);
await using store = await openSqliteStore({ folder });
const run = await leasedRun(store, 'run_bench');
for (let batch = 1; batch <= Number(steps); batch++) await step(store, run, batch);
