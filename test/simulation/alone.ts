import { createHook } from 'node:async_hooks';
import { digestsOf } from './play.ts';

/** What a schedule may wait for: nothing of the machine. Everything else is a file, a socket, a thread, a true timer. */
const ownKinds: ReadonlySet<string> = new Set(['PROMISE', 'TickObject', 'Immediate', 'bound-anonymous-fn']);

const waits = new Set<string>();
const hook = createHook({
  init: (_id, kind) => {
    if (!ownKinds.has(kind)) waits.add(kind);
  },
});

/** A process of its own for one schedule: says what it came to, and what of the machine it waited for. */
const [, , seed = ''] = process.argv;
hook.enable();
const digests = await digestsOf([Number(seed)]);
hook.disable();
process.stdout.write(JSON.stringify({ digest: digests.get(Number(seed)), waits: [...waits] }));
