import { t } from '@vscode/l10n';
import type { ShownPart } from '../page.ts';
import { button, element } from './element.ts';
import { foldOf, patchSpans, spansOf, type Span } from './output.ts';
import { prose } from './prose.ts';

/** What an opened row holds. `read` opens the part at a place in an editor. */
export const showParts = (
  details: HTMLDetailsElement,
  parts: readonly ShownPart[],
  read: (part: number) => void,
): void => {
  const body = details.querySelector('.parts');
  body?.replaceChildren(...parts.map((part, index) => createPart(part, () => read(index))));
};

const createPart = (part: ShownPart, read: () => void): HTMLElement => {
  const { label, text, as } = part;
  const open = button(
    { class: 'link', 'aria-label': t('Open in Editor: {0}', label), title: t('To be searched, and read in full') },
    read,
    t('Open in Editor'),
  );
  const head = element('div', { class: 'label' }, label, ...(text.includes('\n') ? [open] : []));
  return element('div', { class: 'part' }, head, ...(as === 'markdown' ? [prose(text)] : folded(label, spans(part))));
};

/** A text by what it is. */
export const spans = ({ text, as }: Pick<ShownPart, 'text' | 'as'>): readonly Span[] => {
  if (text === '') return [{ text: t('(empty)'), look: 'dim' }];
  if (as === 'output') return spansOf(text);
  return as === 'patch' ? patchSpans(text) : [{ text, look: '' }];
};

/** A text; of a long one its first lines and its last ones, and between them what opens the others. */
const folded = (label: string, all: readonly Span[]): readonly HTMLElement[] => {
  const { first, left, last } = foldOf(all);
  if (left === null) return [block(label, first)];
  const summary = left.lines === 1 ? t('1 line left out') : t('{0} lines left out', left.lines);
  return [
    block(t('{0}, its first lines', label), first),
    element('details', { class: 'left' }, element('summary', {}, summary), block(`${label}, ${summary}`, left.spans)),
    block(t('{0}, its last lines', label), last),
  ];
};

/** A text that scrolls by itself, and is reached without a mouse. */
export const block = (label: string, all: readonly Span[]): HTMLElement =>
  element(
    'pre',
    { tabindex: '0', role: 'group', 'aria-label': label },
    ...all.map(({ text, look }) => (look === '' ? text : element('span', { class: look }, text))),
  );
