import { DatabaseError, type Client } from 'pg';
import type { SupervisorRole } from '../../supervisor-role.ts';
import { unlessSilent } from './connections.ts';
import { locks } from './locks.ts';
import { keepSession } from './session.ts';

export interface RoleOptions {
  readonly open: () => Client;
  readonly onTrouble: (error: unknown) => void;
}

/** Each wait for the lock ends after so long and begins again: a connection that nobody answers on is noticed by it. */
const waitSeconds = 30;

/** How the server finds out, within 25 s, that the machine of the one who holds the lock is gone without a word. */
const noticeLoss = ['tcp_keepalives_idle = 10', 'tcp_keepalives_interval = 5', 'tcp_keepalives_count = 3'];

/**
 * The role goes with a lock of a session, so with its connection: when that ends, whoever waits for the lock on a
 * connection of their own has it at once. For some seconds after a network that broke two may think they have it.
 */
export const contendForRole = (options: RoleOptions): SupervisorRole & AsyncDisposable => {
  const listeners: (() => void)[] = [];
  let held = false;
  const session = keepSession({
    ...options,
    begin: async (client, lost) => {
      for (const setting of [...noticeLoss, `lock_timeout = '${waitSeconds}s'`]) await client.query(`set ${setting}`);
      while (!(await getsLock(client))) lost.throwIfAborted();
      lost.addEventListener('abort', () => {
        held = false;
      });
      held = !lost.aborted;
      if (held) for (const listener of listeners) listener();
    },
  });
  return {
    get held() {
      return held;
    },
    onTaken: (listener) => void listeners.push(listener),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};

const lockNotAvailable = '55P03';

/** False: somebody else has had it for the whole time. */
const getsLock = async (client: Client): Promise<boolean> => {
  try {
    const asked = client.query(`select pg_advisory_lock(${locks.supervisor})`);
    await unlessSilent(client, asked, (waitSeconds + 5) * 1_000);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === lockNotAvailable) return false;
    throw error;
  }
};
