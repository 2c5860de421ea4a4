import { Trouble } from '../../shared/trouble.ts';
import { untrustedOf } from '../../shared/client/untrusted.ts';
import type { CommandContext } from './context.ts';
import { cleanLine } from '../../shared/text/clean.ts';

/**
 * Delegates, or tries it; where the repository's settings open something that nobody has agreed to, shows what, and asks whoever is there.
 * `all`: they agreed beforehand, whatever it is. `never`: nobody is asked.
 */
export const withTrust = async <Result>(
  context: CommandContext,
  agreed: 'all' | 'ask' | 'never',
  delegate: (trust: string | null) => Promise<Result>,
): Promise<Result> => {
  const all = agreed === 'all';
  try {
    return await delegate(null);
  } catch (error) {
    const asked = untrustedOf(error);
    if (asked === null || !(all || (agreed === 'ask' && context.terminal.interactive))) throw error;
    context.note("This repository's settings open, on its default branch:");
    for (const opening of asked.openings) context.note(`  ${cleanLine(opening)}`);
    if (!all && !/^y(es)?$/i.test(((await context.terminal.ask('Trust this and delegate? [y/N] ')) ?? '').trim()))
      throw new Trouble('Nothing was delegated.', { remedy: '', code: 'declined' });
    return delegate(asked.hash);
  }
};
