import type { Part } from '../../../../shared/run/story/moment.ts';
import type { Item } from '../page.ts';

/** What an item can do. */
export interface Deeds {
  open(key: string): void;
  press(button: string): void;
  message(text: string): void;
  draft(text: string): void;
  readDraft(): string;
  /** Whether the item that this one replaces was open; null: it replaces none. */
  readonly wasOpen: boolean | null;
}

/** An element with attributes; text is only ever set as text. */
export const element = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  text?: string,
): HTMLElementTagNameMap[Tag] => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

const marks = { ok: '✓', bad: '✗', busy: '●', note: '·', warning: '!', person: '▸', model: '◆' } as const;
const markNames = {
  ok: 'succeeded',
  bad: 'failed',
  busy: 'under way',
  note: '',
  warning: 'warning',
  person: 'by a person',
  model: 'the model',
} as const;
const steps = { pending: '○', active: '●', done: '✓' } as const;

export const createItem = (item: Item, deeds: Deeds): HTMLElement => {
  switch (item.kind) {
    case 'text':
      return element('p', { class: `text ${item.tone}` }, item.text);
    case 'facts':
      return createFacts(item.facts);
    case 'code': {
      const figure = element('figure');
      figure.append(element('figcaption', {}, item.label), element('pre', { tabindex: '0' }, item.text));
      return figure;
    }
    case 'step': {
      const row = element('div', {
        class: `step ${item.status}`,
        role: 'listitem',
        'aria-label': `${item.text}, ${item.status}`,
      });
      row.append(
        element('span', { class: 'mark', 'aria-hidden': 'true' }, steps[item.status]),
        element('span', {}, item.text),
      );
      return row;
    }
    case 'entry':
      return createEntry(item, deeds);
    case 'claim':
      return createClaim(item);
    case 'buttons': {
      const row = element('div', { class: 'buttons', role: 'group' });
      for (const { id, label, primary } of item.buttons) {
        const button = element('button', { type: 'button', class: primary ? 'primary' : 'secondary' }, label);
        button.addEventListener('click', () => deeds.press(id));
        row.append(button);
      }
      return row;
    }
    case 'composer':
      return createComposer(item, deeds);
  }
};

const createFacts = (facts: readonly Part[]): HTMLElement => {
  const list = element('dl');
  for (const { label, text } of facts) list.append(element('dt', {}, label), element('dd', {}, text));
  return list;
};

const createEntry = (item: Extract<Item, { kind: 'entry' }>, deeds: Deeds): HTMLElement => {
  const cells = [
    element('span', { class: 'at' }, item.at),
    element(
      'span',
      { class: `mark ${item.mark}`, title: markNames[item.mark], 'aria-label': markNames[item.mark] },
      marks[item.mark],
    ),
    element('span', { class: 'what' }, item.text),
    element('span', { class: 'detail' }, item.detail),
  ];
  if (!item.more) {
    const row = element('div', { class: 'entry', 'data-key': item.key, tabindex: '-1' });
    row.append(...cells);
    return row;
  }
  const details = element('details', { class: 'entry', 'data-key': item.key });
  const summary = element('summary');
  summary.append(...cells);
  details.append(summary, element('div', { class: 'parts' }, 'Reading…'));
  details.addEventListener('toggle', () => {
    if (details.open) deeds.open(item.key);
  });
  details.open = deeds.wasOpen ?? item.open ?? false;
  return details;
};

/** What an opened row holds. */
export const showParts = (details: HTMLDetailsElement, parts: readonly Part[]): void => {
  const body = details.querySelector('.parts');
  body?.replaceChildren(
    ...parts.flatMap(({ label, text }) => [
      element('div', { class: 'label' }, label),
      element('pre', { tabindex: '0', 'aria-label': label }, text === '' ? '(empty)' : text),
    ]),
  );
};

const createClaim = (item: Extract<Item, { kind: 'claim' }>): HTMLElement => {
  const box = element('div', { class: 'claim' });
  box.append(element('p', {}, item.text));
  for (const { label, target, ok } of item.calls) {
    const mark = element('span', { class: `mark ${ok ? 'ok' : 'bad'}`, 'aria-hidden': 'true' }, ok ? '✓' : '✗');
    const row = element('div', { class: 'shown-by' });
    if (target === null) row.append(mark, element('span', { class: 'bad' }, label));
    else {
      const link = element('button', { type: 'button', class: 'link', title: 'Show this call in the timeline' }, label);
      link.addEventListener('click', () => reveal(target));
      row.append(mark, link);
    }
    box.append(row);
  }
  return box;
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
  const form = element('form', { class: 'composer' });
  const box = element('textarea', {
    rows: '2',
    'aria-label': item.label,
    placeholder: `${item.placeholder} (Ctrl+Enter sends)`,
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
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  form.append(
    box,
    element('button', { type: 'submit', class: 'primary' }, 'Send'),
    element('span', { class: 'note', role: 'status' }),
  );
  return form;
};
