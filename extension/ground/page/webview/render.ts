import { t } from '@vscode/l10n';
import type { Part } from '../../../../shared/run/story/moment.ts';
import type { Item } from '../page.ts';
import { button, element } from './element.ts';
import { createImage } from './image.ts';
import { block, spans } from './parts.ts';
import { plainLine } from './markdown.ts';
import { line, prose } from './prose.ts';

/** What an item can do. */
export interface Deeds {
  open(key: string): void;
  look(key: string): void;
  read(key: string, part: number): void;
  press(button: string): void;
  message(text: string): void;
  draft(text: string): void;
  readDraft(): string;
  /** Whether the item that this one replaces was open; null: it replaces none. */
  readonly wasOpen: boolean | null;
}

const marks = { ok: '✓', bad: '✗', busy: '●', note: '·', warning: '!', person: '▸', model: '◆' } as const;
const markNames = {
  ok: t('succeeded'),
  bad: t('failed'),
  busy: t('under way'),
  note: '',
  warning: t('warning'),
  person: t('by a person'),
  model: t('the model'),
} as const;
const steps = { pending: '○', active: '●', done: '✓' } as const;

export const createItem = (item: Item, deeds: Deeds): HTMLElement => {
  switch (item.kind) {
    case 'text':
      return element('p', { class: `text ${item.tone}` }, item.text);
    case 'markdown':
      return prose(item.text);
    case 'facts':
      return createFacts(item.facts);
    case 'code':
      return createCode(item, deeds);
    case 'image':
      deeds.look(item.key);
      return createImage(item);
    case 'step':
      return element(
        'div',
        { class: `step ${item.status}` },
        markOf(steps[item.status], item.status),
        element('span', { class: 'line' }, ...line(item.text)),
      );
    case 'entry':
      return createEntry(item, deeds);
    case 'claim':
      return createClaim(item);
    case 'contents':
      return createContents(item, deeds);
    case 'buttons':
      return element(
        'div',
        { class: 'buttons', role: 'group' },
        ...item.buttons.map(({ id, label, primary }) =>
          button({ class: primary ? 'primary' : 'secondary' }, () => deeds.press(id), label),
        ),
      );
    case 'composer':
      return createComposer(item, deeds);
  }
};

const createCode = (
  { label, text, as = 'text', folded = false }: Extract<Item, { kind: 'code' }>,
  { wasOpen }: Deeds,
): HTMLElement => {
  const body = block(label, spans({ text, as }));
  if (!folded) return element('figure', {}, element('figcaption', {}, label), body);
  const details = element('details', { class: 'code' }, element('summary', {}, label), body);
  details.open = wasOpen ?? false;
  return details;
};

const createFacts = (facts: readonly Part[]): HTMLElement =>
  element('dl', {}, ...facts.flatMap(({ label, text }) => [element('dt', {}, label), element('dd', {}, text)]));

/** A sign, with what it says to who does not see it; empty: it says nothing. */
const markOf = (sign: string, name: string, look = ''): HTMLElement => {
  const said: Readonly<Record<string, string>> =
    name === '' ? { 'aria-hidden': 'true' } : { role: 'img', title: name, 'aria-label': name };
  return element('span', { class: `mark ${look}`, ...said }, sign);
};

const createEntry = (item: Extract<Item, { kind: 'entry' }>, deeds: Deeds): HTMLElement => {
  const cells = [
    element('span', { class: 'at' }, item.at),
    markOf(marks[item.mark], markNames[item.mark], item.mark),
    element('span', { class: 'what' }, item.text),
    element('span', { class: 'detail' }, item.detail),
  ];
  const attributes = { class: 'entry', 'data-key': item.key };
  const said = item.prose === undefined ? [] : [prose(item.prose)];
  if (!item.more) {
    const row = element('div', { class: 'row' }, ...cells);
    return element('div', { ...attributes, tabindex: '-1' }, row, ...said);
  }
  const body = element('div', { class: 'parts' }, t('Reading…'));
  const details = element('details', attributes, element('summary', { class: 'row' }, ...cells), body);
  details.addEventListener('toggle', () => {
    if (details.open) deeds.open(item.key);
  });
  details.open = deeds.wasOpen ?? item.open ?? false;
  return details;
};

const createClaim = (item: Extract<Item, { kind: 'claim' }>): HTMLElement => {
  const calls = item.calls.map(({ label, target, ok }) =>
    element(
      'div',
      { class: 'shown-by' },
      element('span', { class: `mark ${ok ? 'ok' : 'bad'}`, 'aria-hidden': 'true' }, ok ? '✓' : '✗'),
      target === null
        ? element('span', { class: 'bad' }, label)
        : button({ class: 'link', title: t('Show this call in the timeline') }, () => reveal(target), label),
    ),
  );
  return element('div', { class: 'claim' }, element('p', {}, ...line(item.text)), ...calls);
};

/** Where the rows of the page are; a link each, so that it is gone through like any list of links. */
const createContents = ({ label, entries }: Extract<Item, { kind: 'contents' }>, { wasOpen }: Deeds): HTMLElement => {
  const links = entries.map(({ label: text, target }) => {
    const link = element('a', { href: '#timeline' }, plainLine(text));
    link.addEventListener('click', (event) => {
      // A way within the page: VS Code need not look for it.
      event.preventDefault();
      event.stopPropagation();
      reveal(target);
    });
    return element('li', {}, link);
  });
  const details = element(
    'details',
    { class: 'contents' },
    element('summary', {}, `${label} (${entries.length})`),
    element('nav', { 'aria-label': label }, element('ol', {}, ...links)),
  );
  details.open = wasOpen ?? false;
  return details;
};

const reveal = (key: string): void => {
  const node = [...document.querySelectorAll<HTMLElement>('#section-timeline .entry')].find(
    (entry) => entry.dataset['key'] === key,
  );
  if (node === undefined) return;
  if (node instanceof HTMLDetailsElement) node.open = true;
  node.scrollIntoView({ block: 'center' });
  (node.querySelector('summary') ?? node).focus();
};

const createComposer = (item: Extract<Item, { kind: 'composer' }>, deeds: Deeds): HTMLElement => {
  const box = element('textarea', {
    rows: '2',
    'aria-label': item.label,
    placeholder: t('{0} (Ctrl+Enter sends)', item.placeholder),
  });
  box.value = deeds.readDraft();
  const submit = (): void => {
    if (box.value.trim() !== '') deeds.message(box.value);
  };
  box.addEventListener('input', () => deeds.draft(box.value));
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  });
  const form = element(
    'form',
    { class: 'composer' },
    box,
    element('button', { type: 'submit', class: 'primary' }, t('Send')),
    element('span', { class: 'note', role: 'status' }),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  return form;
};
