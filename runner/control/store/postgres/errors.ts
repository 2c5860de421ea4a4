import { DatabaseError } from 'pg';
import { StoreError } from '../store.ts';

/** What pg says of a connection that broke or could not be had, where there is no code. */
const broken =
  /^(?:Connection terminated|Client (?:has encountered|was closed)|The server does not support SSL|timeout e|no answer from the database)/;
/** What it says where a password was asked for and there was none. */
const noPassword = /^SASL: .*password/;

/** SQLSTATE by https://www.postgresql.org/docs/current/errcodes-appendix.html; null: the error is not the server's. */
const stateOf = (error: unknown): string | null =>
  error instanceof DatabaseError && error.code !== undefined ? error.code : null;

/** Too many connections; a transaction that was idle for too long, which ends its session. */
const endings: ReadonlySet<string> = new Set(['53300', '25P03']);

/** The connection is gone, or could not be had. Says nothing about whether what was last sent was done. */
export const isDisconnection = (error: unknown): boolean => {
  const state = stateOf(error);
  if (state !== null) return endings.has(state) || state.startsWith('08') || state.startsWith('57P');
  return error instanceof Error && (systemCodeOf(error) !== null || broken.test(error.message));
};

/** `ECONNREFUSED`, `SELF_SIGNED_CERT_IN_CHAIN` and the like, also of several addresses that were tried in turn. */
const systemCodeOf = (error: Error): string | null =>
  'code' in error && typeof error.code === 'string' && /^(?!ERR_(?!TLS))[A-Z_]+$/.test(error.code) ? error.code : null;

/** Postgres undid the transaction because of another one, and says itself that doing it again will help. */
export const isConflict = (error: unknown): boolean => {
  const state = stateOf(error);
  return state === '40001' || state === '40P01';
};

type Kind = Exclude<StoreError['code'], 'newer'>;

const kinds: Readonly<Record<string, Kind>> = {
  '53100': 'full',
  '53200': 'full',
  '58030': 'io',
  '58P01': 'io',
  '25006': 'io',
  XX001: 'corrupt',
  XX002: 'corrupt',
  '28000': 'denied',
  '28P01': 'denied',
  '3D000': 'denied',
  '42501': 'denied',
  '57014': 'locked',
  '55P03': 'locked',
  '40001': 'locked',
  '40P01': 'locked',
};

const said = (address: string, why: string): Readonly<Record<Kind, readonly [message: string, remedy: string]>> => ({
  full: [
    `The database at ${address} has no room left: nothing of this was written.`,
    'Make room on its machine; the runner goes on by itself.',
  ],
  io: [
    `The database at ${address} cannot write: ${why}.`,
    'Check the server and its disk; a stand-by server takes no writes. The runner goes on by itself.',
  ],
  corrupt: [`The database at ${address} is damaged: ${why}.`, 'Restore it from a copy.'],
  denied: [
    `The database at ${address} does not let this in: ${why}.`,
    'Check user, password and database of store.url; the user must own that database.',
  ],
  locked: [
    `The database at ${address} was held up by others: ${why}.`,
    'Try again; look for long transactions in pg_stat_activity if it goes on.',
  ],
  unreachable: [
    `The database at ${address} cannot be reached: ${why}.`,
    'Start it, or correct its address (store.url, LONGHAUL_DATABASE_URL); a runner that is at work goes on by itself.',
  ],
});

/** What went wrong with the database, as the store says it; what is no matter of the database is given back as it is. */
export const storeErrorOf = (error: unknown, address: string): unknown => {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const state = noPassword.test(error.message) ? '28P01' : stateOf(error);
  const code = isDisconnection(error) ? 'unreachable' : kinds[state ?? ''];
  if (code === undefined) return error;
  const unsaid = code === 'unreachable' && error.message === '';
  const [message, remedy] = said(address, unsaid ? (systemCodeOf(error) ?? error.name) : error.message)[code];
  return new StoreError(code, message, { remedy, cause: error });
};
