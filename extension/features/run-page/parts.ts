import type { ShownPart } from '../../ground/page/page.ts';
import type { Moment } from '../../../shared/run/story/moment.ts';
import { clean, visible } from '../../../shared/text/clean.ts';

/** Characters of an output that a page shows. */
const mostCharacters = 1_000_000;

/** What an opened row holds. `whole`: what its blob says, of which its parts have a beginning; null: it has none. */
export const shownParts = (moment: Moment, whole: string | null): readonly ShownPart[] => {
  const { parts, about } = moment;
  const byModel = about.kind === 'report' || parts.some(({ label }) => label === 'Summary');
  const known = parts.map((part): ShownPart => ({ ...part, as: byModel ? 'markdown' : 'text' }));
  if (whole === null) return known;
  const patch = about.kind === 'changes';
  const text = patch ? visible(whole) : clean(whole);
  const label = patch ? 'Patch' : 'Output';
  return [
    ...known.filter((part) => part.label !== 'Output'),
    {
      label: text.length > mostCharacters ? `${label} (its first million characters)` : label,
      text: text.slice(0, mostCharacters),
      as: 'text',
    },
  ];
};
