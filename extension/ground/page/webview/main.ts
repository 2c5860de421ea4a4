// oxlint-disable-next-line import/no-unassigned-import -- the language, before any text is made
import './language.ts';
import { t } from '@vscode/l10n';
import type { FromPage, PageChange, ToPage } from '../page.ts';
import { element } from './element.ts';
import { showImage } from './image.ts';
import { readKept, withRow } from './kept.ts';
import { showParts } from './parts.ts';
import { startReading } from './reading.ts';
import { createItem } from './render.ts';

interface Host {
  postMessage(message: FromPage): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare const acquireVsCodeApi: () => Host;

const host = acquireVsCodeApi();
const page = document.getElementById('page') ?? document.body;
const live = document.getElementById('live');

/** What VS Code gives back after a restart, and when a hidden tab is shown again: which page this is, and what it keeps. */
const state = (): Record<string, unknown> => {
  const state = host.getState();
  return typeof state === 'object' && state !== null ? { ...state } : {};
};
const keep = (more: Readonly<Record<string, unknown>>): void => host.setState({ ...state(), ...more });
const atStart = readKept(state());
const reading = startReading(atStart.place, () => keep({ place: reading.place() }));

const sections = new Map<string, { readonly node: HTMLElement; readonly items: Map<string, HTMLElement> }>();

const post = (message: FromPage): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- VS Code's own channel, not a window's
  host.postMessage(message);
};

const send = {
  open: (key: string): void => post({ type: 'open', key }),
  look: (key: string): void => post({ type: 'look', key }),
  read: (key: string, part: number): void => post({ type: 'read', key, part }),
  press: (button: string): void => post({ type: 'press', button }),
  message: (text: string): void => post({ type: 'message', text }),
  draft: (text: string): void => keep({ draft: text }),
  readDraft: (): string => readKept(state()).draft,
};

const title = element('h1');
const subtitle = element('p', { class: 'subtitle' });
const head = element('header', {}, title, subtitle);

const show = (change: PageChange, kept: Readonly<Record<string, string>> | null): void => {
  if (kept !== null) {
    keep(kept);
    sections.clear();
    page.replaceChildren(head);
  }
  title.textContent = change.title;
  if (subtitle.textContent !== change.subtitle) {
    subtitle.textContent = change.subtitle;
    // Read out by screen readers: what the run is at.
    if (live !== null) live.textContent = change.subtitle;
  }
  page.removeAttribute('aria-busy');
  const wanted = new Set(change.sections.map(({ id }) => id));
  for (const [id, { node }] of sections)
    if (!wanted.has(id)) {
      node.remove();
      sections.delete(id);
    }
  let previous: Element = head;
  for (const section of change.sections) {
    const shown = sections.get(section.id) ?? newSection(section.id);
    const heading = shown.node.querySelector('h2');
    if (heading !== null) {
      heading.textContent = section.title;
      heading.hidden = section.title === '';
    }
    for (const item of section.items) {
      const old = shown.items.get(item.key);
      const row = `${section.id} ${item.key}`;
      const wasOpen = old instanceof HTMLDetailsElement ? old.open : (atStart.open[row] ?? null);
      const node = createItem(item, { ...send, wasOpen });
      node.dataset['row'] = row;
      shown.items.set(item.key, node);
      if (old !== undefined) {
        const focused = old.contains(document.activeElement);
        old.replaceWith(node);
        if (focused) (node.querySelector<HTMLElement>('summary, button') ?? node).focus();
      }
    }
    arrange(shown, section.keys);
    if (previous.nextElementSibling !== shown.node) previous.after(shown.node);
    previous = shown.node;
  }
};

const newSection = (id: string): { readonly node: HTMLElement; readonly items: Map<string, HTMLElement> } => {
  const heading = element('h2', { id: `heading-${id}` });
  const node = element('section', { id: `section-${id}`, 'aria-labelledby': heading.id }, heading);
  const made = { node, items: new Map<string, HTMLElement>() };
  sections.set(id, made);
  return made;
};

const arrange = (
  { node, items }: { readonly node: HTMLElement; readonly items: Map<string, HTMLElement> },
  keys: readonly string[],
): void => {
  const wanted = new Set(keys);
  for (const [key, item] of items)
    if (!wanted.has(key)) {
      item.remove();
      items.delete(key);
    }
  let previous = node.firstElementChild;
  for (const key of keys) {
    const item = items.get(key);
    if (item === undefined || previous === null) continue;
    if (previous.nextElementSibling !== item) previous.after(item);
    previous = item;
  }
};

/** Whether a change brings rows that were not there. */
const bringsRows = ({ sections: changed }: PageChange): boolean =>
  changed.some(({ id, items }) => items.some(({ kind, key }) => kind === 'entry' && !sections.get(id)?.items.has(key)));

/** It does not bubble, but is seen on its way down. */
page.addEventListener(
  'toggle',
  ({ target }) => {
    if (!(target instanceof HTMLDetailsElement)) return;
    const row = target.dataset['row'];
    if (row !== undefined) keep({ open: withRow(readKept(state()).open, row, target.open) });
  },
  true,
);

window.addEventListener('message', (event: MessageEvent<ToPage>) => {
  const message = event.data;
  switch (message.type) {
    case 'page':
      return reading.during(() => show(message.page, message.kept), message.kept === null && bringsRows(message.page));
    case 'parts':
      return reading.during(() => {
        for (const { items } of sections.values()) {
          const node = items.get(message.key);
          if (node instanceof HTMLDetailsElement)
            showParts(node, message.parts, (part) => send.read(message.key, part));
        }
      }, false);
    case 'image':
      return reading.during(() => {
        for (const { items } of sections.values()) {
          const node = items.get(message.key);
          if (node !== undefined) showImage(node, message.source);
        }
      }, false);
    case 'sent':
    case 'failed': {
      const box = document.querySelector('textarea');
      const note = document.querySelector('.composer .note');
      if (message.type === 'sent' && box !== null) {
        box.value = '';
        send.draft('');
      }
      if (note !== null)
        note.textContent =
          message.type === 'sent' ? t('Sent. The agent reads it before its next turn.') : message.message;
    }
  }
});

post({ type: 'ready' });
