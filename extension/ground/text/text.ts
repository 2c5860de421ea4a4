import type { Json } from '../../../shared/decision/decision.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { passed } from '../../../shared/run/state.ts';

/** A span of milliseconds as a person says it, in one or two units: `42 s`, `3 min`, `2 h 05 min`, `3 d`. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d`;
};

/** US dollars. A cost that is partly unknown is a lower bound, and one that nobody knows is no 0. */
export const cost = ({ usd, unpriced }: Pick<RunState['spent'], 'usd' | 'unpriced'>): string => {
  const known = `$${usd.toFixed(usd < 0.1 ? 3 : 2)}`;
  if (unpriced === 0) return known;
  return usd === 0 ? 'cost unknown' : `at least ${known}`;
};

/** Until when a decision waits, seen from now. */
export const expiry = (expiresAt: string, now: number): string => {
  const left = Date.parse(expiresAt) - now;
  return left <= 0 ? 'expired' : `${duration(left)} left`;
};

/** Milliseconds that workers had the run, with the time since the present one took it. */
export const activeMs = (state: RunState, now: number): number =>
  state.spent.activeMs + (state.leasedAt === null ? 0 : Math.max(0, now - Date.parse(state.leasedAt)));

/** What verification showed of this round; null: it has not run. */
export const evidence = ({ verification }: Pick<RunState, 'verification'>): string | null => {
  if (verification.length === 0) return null;
  const good = verification.filter(passed).length;
  return good === verification.length
    ? `${good} of ${good} checks pass`
    : `${verification.length - good} of ${verification.length} checks failed`;
};

/** The size of the result of a round; null: there is none yet. */
export const changes = ({ result }: Pick<RunState, 'result'>): string | null =>
  result === null
    ? null
    : `${result.files} ${result.files === 1 ? 'file' : 'files'}, +${result.additions} −${result.deletions}`;

/** One line of at most so many characters. */
export const oneLine = (text: string, most: number): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
};

/** Arguments as they are sent, readable: a command is shown as itself by its own field. */
export const argumentsText = (value: Json): string => JSON.stringify(value, null, 2);
