/** A real worker whose start lasts until the address that it is given answers: a machine that is too busy to begin with it. */
import { runWorkerChild } from '../../runner/worker/start/child.ts';

const [, , address = ''] = process.argv;
// Without a channel to its parent it has nothing to wait for.
process.on('disconnect', () => process.exit(0));
await fetch(`${address}/${process.pid}`, { method: 'POST' });
runWorkerChild();
