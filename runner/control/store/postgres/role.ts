import type { Client } from 'pg';
import type { SupervisorRole } from '../role.ts';
import { RoleLease } from '../role-lease.ts';
import { cut, unlessSilent } from './connections.ts';
import { keepSession } from './session.ts';

export interface RoleOptions {
  readonly open: () => Client;
  /** Of this control plane. */
  readonly name: string;
  readonly onTrouble: (error: unknown) => void;
  /** Ms for which the role is had at a time. Who does not renew it in that time has lost it, whatever became of them. */
  readonly leaseMs?: number;
}

/** Three renewals may be late before the role is lost; nothing that is due waits for longer than this because of it. */
const usualLeaseMs = 10_000;
/**
 * The role is a lease: a row with its holder, a fence that grows with every taking, and the moment until which it lasts, by
 * the server's clock. It is renewed every third of its time. It can be had when that time is over, which is how a holder
 * loses it that hangs, or whom the network has lost; and at once when the session that holds it is gone, or by its own holder over
 * another session: the server need not have seen by then that the first one broke.
 * What is done in the role carries its fence and is refused where that is not true any more, in the same transaction
 * (`isRoleHeld`): so whatever an earlier holder still thinks, it has no effect.
 */
export const contendForRole = (options: RoleOptions): SupervisorRole & AsyncDisposable => {
  const { name, leaseMs = usualLeaseMs } = options;
  const lease = new RoleLease(leaseMs);
  const session = keepSession({
    ...options,
    begin: (client, lost) =>
      lease.contend(
        {
          take: (had) => unlessSilent(client, take(client, { name, leaseMs, had }), leaseMs),
          renew: (fence) => unlessSilent(client, renew(client, { fence, leaseMs }), leaseMs),
          cut: (why) => cut(client, why),
        },
        lost,
      ),
    looksItself: true,
    end: async (client) => {
      await lease.settled();
      await giveUp(client, lease.fence);
    },
  });
  return {
    get held() {
      return lease.held;
    },
    get fence() {
      return lease.fence;
    },
    onTaken: (listener) => lease.onTaken(listener),
    [Symbol.asyncDispose]: async () => {
      lease.end();
      await session[Symbol.asyncDispose]();
    },
  };
};

interface Lease {
  readonly leaseMs: number;
}

const until = (parameter: number): string => `clock_timestamp() + ($${parameter} * interval '1 ms')`;

/** The fence with which it was taken; null: somebody has it. */
const take = async (
  client: Client,
  { name, leaseMs, had }: Lease & { readonly name: string; readonly had: number },
): Promise<number | null> => {
  const { rows } = await client.query<{ readonly fence: number }>(
    // The start of a session is hidden where another user began it; then its number has to do.
    `insert into roles as had (name, holder, fence, until, pid, begun)
     select 'supervisor', $1, 1, ${until(2)}, pid, backend_start from pg_stat_activity where pid = pg_backend_pid()
     on conflict (name) do update
     set holder = excluded.holder, fence = had.fence + 1, until = excluded.until, pid = excluded.pid, begun = excluded.begun
     where had.until <= clock_timestamp() or had.fence = $3 or not exists (
       select from pg_stat_activity one
       where one.pid = had.pid and (one.backend_start is null or one.backend_start = had.begun)
     )
     returning fence`,
    [name, leaseMs, had],
  );
  return rows[0]?.fence ?? null;
};

/** False: it is over. That nobody has taken it yet makes no difference: what fell due meanwhile is to be looked for. */
const renew = async (client: Client, { fence, leaseMs }: Lease & { readonly fence: number }): Promise<boolean> => {
  const { rowCount } = await client.query(
    `update roles set until = ${until(2)} where name = 'supervisor' and fence = $1 and until > clock_timestamp()`,
    [fence, leaseMs],
  );
  return rowCount === 1;
};

const giveUp = async (client: Client, fence: number): Promise<void> => {
  await client.query(`update roles set until = clock_timestamp() where name = 'supervisor' and fence = $1`, [fence]);
};
