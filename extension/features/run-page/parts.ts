import { t } from '@vscode/l10n';
import type { ShownPart } from '../../ground/page/page.ts';
import type { Moment, Part } from '../../../shared/run/story/moment.ts';
import { clean, cleanButColours, visible } from '../../../shared/text/clean.ts';

/** Characters of an output that a page shows. */
const mostCharacters = 1_000_000;

/** What an opened row holds. `whole`: what its blob says, of which its parts have a beginning; null: it has none. */
export const shownParts = (moment: Moment, whole: string | null): readonly ShownPart[] =>
  allParts(moment, whole).map((part) =>
    part.text.length > mostCharacters
      ? {
          ...part,
          label: t('{0} (its first million characters)', part.label),
          text: part.text.slice(0, mostCharacters),
        }
      : part,
  );

/** A part of a row, whole, as a document: its text, and the name of a file of its kind. Null: it has no such part. */
export const partDocument = (
  moment: Moment,
  whole: string | null,
  index: number,
): { readonly name: string; readonly text: string } | null => {
  const part = allParts(moment, whole)[index];
  if (part === undefined) return null;
  const { about } = moment;
  const of =
    about.kind === 'call' ? `call ${about.call.number} ` : about.kind === 'command' ? `${about.command.phase} ` : '';
  return { name: `${of}${part.label.toLowerCase()}.${endings[part.as]}`, text: clean(part.text) };
};

const endings = { text: 'txt', markdown: 'md', output: 'log', patch: 'diff' } as const;

const allParts = (moment: Moment, whole: string | null): readonly ShownPart[] => {
  const { parts, about } = moment;
  const known = parts.map((part): ShownPart => ({ ...part, as: kindOf(moment, part) }));
  if (about.kind === 'changes')
    return whole === null ? known : [...known, { label: t('Patch'), text: visible(whole), as: 'patch' }];
  const printed = whole ?? printedBy(moment);
  if (printed === null) return known;
  return [
    ...known.filter(({ label }) => label !== 'Output'),
    { label: t('Output'), text: cleanButColours(printed), as: 'output' },
  ];
};

const kindOf = ({ about }: Moment, { label }: Part): ShownPart['as'] => {
  if (about.kind === 'report' || label === 'Summary') return 'markdown';
  return about.kind === 'call' && label === 'Changed' ? 'patch' : 'text';
};

/** What a command printed, as the log has it: with its colours. Null: it printed nothing, or is none. */
const printedBy = ({ about }: Moment): string | null => {
  if (about.kind === 'command') return about.command.output;
  return about.kind === 'call' ? (about.call.finished?.output ?? null) : null;
};
