import { escapeLiteral, type Client } from 'pg';
import { keepSession, type Session } from './session.ts';

const channel = 'longhaul';

/** The arguments of pg_notify that say that a store touched a run. It is delivered when the transaction is committed. */
export const noticeOf = (origin: string, run: string): string =>
  `${escapeLiteral(channel)}, ${escapeLiteral(`${origin} ${run}`)}`;

export interface ListenerOptions {
  readonly open: () => Client;
  /** Of the store itself: what it wrote it knows already. */
  readonly origin: string;
  /** With the runs that others touched; null: perhaps any, because nobody listened for a while. */
  readonly onCommit: (runs: readonly string[] | null) => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Hears of what other control planes commit, on a connection of its own. */
export const listen = ({ open, origin, onCommit, onTrouble }: ListenerOptions): Session =>
  keepSession({
    open,
    onTrouble,
    begin: async (client) => {
      client.on('notification', ({ payload = '' }) => {
        const [from, run = ''] = payload.split(' ');
        if (from !== origin) onCommit([run]);
      });
      await client.query(`listen ${channel}`);
      onCommit(null);
    },
  });
