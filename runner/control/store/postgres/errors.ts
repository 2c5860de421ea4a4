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

/** What went wrong with the database, as the store says it; what is no matter of the database is given back as it is. */
export const storeErrorOf = (error: unknown, address: string): unknown => {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const cause = { cause: error };
  if (isDisconnection(error)) return unreachable(error, address);
  switch (noPassword.test(error.message) ? '28P01' : stateOf(error)) {
    case null:
      return error;
    case '53100':
    case '53200':
      return new StoreError('full', `The database at ${address} has no room left: nothing of this was written.`, {
        remedy: 'Make room on its machine; the runner goes on by itself.',
        ...cause,
      });
    case '58030':
    case '58P01':
    case '25006':
      return new StoreError('io', `The database at ${address} cannot write: ${error.message}.`, {
        remedy: 'Check the server and its disk; a stand-by server takes no writes. The runner goes on by itself.',
        ...cause,
      });
    case 'XX001':
    case 'XX002':
      return new StoreError('corrupt', `The database at ${address} is damaged: ${error.message}.`, {
        remedy: 'Restore it from a copy.',
        ...cause,
      });
    case '28000':
    case '28P01':
    case '3D000':
    case '42501':
      return new StoreError('denied', `The database at ${address} does not let this in: ${error.message}.`, {
        remedy: 'Check user, password and database of store.url; the user must own that database.',
        ...cause,
      });
    case '57014':
    case '55P03':
    case '40001':
    case '40P01':
      return new StoreError('locked', `The database at ${address} was held up by others: ${error.message}.`, {
        remedy: 'Try again; look for long transactions in pg_stat_activity if it goes on.',
        ...cause,
      });
    default:
      return error;
  }
};

const unreachable = (error: Error, address: string): StoreError => {
  const reason = error.message === '' ? (systemCodeOf(error) ?? error.name) : error.message;
  return new StoreError('unreachable', `The database at ${address} cannot be reached: ${reason}.`, {
    remedy:
      'Start it, or correct its address (store.url, LONGHAUL_DATABASE_URL); a runner that is at work goes on by itself.',
    cause: error,
  });
};
