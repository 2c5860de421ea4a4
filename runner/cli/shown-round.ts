import type { RunState } from '../../shared/run/state.ts';
import { Trouble } from '../../shared/trouble.ts';
import { wholeNumber } from './options.ts';

/** Parser of `--round`. */
export const roundNumber = wholeNumber({ least: 1, most: 999_999 });

/** What `--round` says in the help of `command`. */
export const roundOption = 'the round that you have seen: from the second one on it is not decided without';

/** The round that a verdict is about. Throws Trouble where a person who names none may not know that there is another one than the first. */
export const shownRound = (
  { number, round }: Pick<RunState, 'number' | 'round'>,
  named: number | undefined,
): number => {
  if (named !== undefined) return named;
  if (round === 1) return round;
  throw new Trouble(`Run ${number} is in round ${round}: say which round you have seen. Nothing was decided.`, {
    remedy: `Look at it with longhaul diff ${number}, and give --round ${round}.`,
    code: 'stale',
  });
};
