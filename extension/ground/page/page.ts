import { z } from 'zod';
import type { Mark, Part } from '../../../shared/run/story/moment.ts';

/** What a button does: a command of this extension. Only the host sees it; the page names the button. */
export interface Action {
  readonly command: string;
  readonly argument: unknown;
}

export interface Button {
  readonly id: string;
  readonly label: string;
  readonly primary: boolean;
  readonly action: Action;
}

/** A text under a label. `markdown`: a model wrote it as such. `output`: with the sequences that colour it, and no others. */
export interface ShownPart extends Part {
  readonly as: 'text' | 'markdown' | 'output' | 'patch';
}

/** Something on a page, with a key that stays as long as it is the same thing. All texts are shown as text. */
export type Item = { readonly key: string } & (
  | { readonly kind: 'text'; readonly text: string; readonly tone: 'plain' | 'dim' | 'warning' | 'bad' }
  /** What a model wrote: Markdown, of which nothing but text and links to http(s) is shown. */
  | { readonly kind: 'markdown'; readonly text: string }
  | { readonly kind: 'facts'; readonly facts: readonly Part[] }
  /** `folded`: its text is there once its label is opened. */
  | {
      readonly kind: 'code';
      readonly label: string;
      readonly text: string;
      readonly folded?: boolean;
      readonly as?: 'text' | 'patch' | 'output';
    }
  /** The page asks for what it looks like when it shows it. */
  | { readonly kind: 'image'; readonly name: string; readonly detail: string }
  /** Its text is a line of Markdown. */
  | { readonly kind: 'step'; readonly text: string; readonly status: 'pending' | 'active' | 'done' }
  | {
      readonly kind: 'entry';
      readonly at: string;
      readonly mark: Mark;
      readonly text: string;
      readonly detail: string;
      /** What a model said with it, as Markdown: it stands below a row that holds no more. */
      readonly prose?: string;
      /** There is more to see: the page asks for it when it is opened. */
      readonly more: boolean;
      /** It is open until the person closes it. */
      readonly open?: boolean;
    }
  | {
      readonly kind: 'claim';
      /** A line of Markdown. */
      readonly text: string;
      /** The calls that show it; `target` is the key of an entry, null: no such call is in the log. */
      readonly calls: readonly { readonly label: string; readonly target: string | null; readonly ok: boolean }[];
    }
  /** Where rows of the page are: `target` is the key of an entry, its label a line of Markdown. */
  | {
      readonly kind: 'contents';
      readonly label: string;
      readonly entries: readonly { readonly label: string; readonly target: string }[];
    }
  | { readonly kind: 'buttons'; readonly buttons: readonly Button[] }
  | { readonly kind: 'composer'; readonly label: string; readonly placeholder: string }
);

export interface Section {
  readonly id: string;
  /** Empty: none is shown. */
  readonly title: string;
  readonly items: readonly Item[];
}

export interface Page {
  readonly title: string;
  readonly subtitle: string;
  readonly sections: readonly Section[];
}

/** What differs from the page before: all sections with the keys of their items, and the items that are new or changed. */
export interface PageChange {
  readonly title: string;
  readonly subtitle: string;
  readonly sections: readonly {
    readonly id: string;
    readonly title: string;
    readonly keys: readonly string[];
    readonly items: readonly Item[];
  }[];
}

export const changesSince = (before: Page | null, page: Page): PageChange => {
  const known = new Map(
    (before?.sections ?? []).flatMap(({ id, items }) => items.map((item) => [`${id} ${item.key}`, item] as const)),
  );
  return {
    title: page.title,
    subtitle: page.subtitle,
    sections: page.sections.map(({ id, title, items }) => ({
      id,
      title,
      keys: items.map(({ key }) => key),
      items: items.filter((item) => {
        const old = known.get(`${id} ${item.key}`);
        return old !== item && JSON.stringify(old) !== JSON.stringify(item);
      }),
    })),
  };
};

/** From the host to the page. */
export type ToPage =
  /** `kept`: it is a whole page, and this is what it says to be opened again after a restart. Null: a change of what is shown. */
  | { readonly type: 'page'; readonly page: PageChange; readonly kept: Readonly<Record<string, string>> | null }
  | { readonly type: 'parts'; readonly key: string; readonly parts: readonly ShownPart[] }
  /** `source`: an address that is the image itself. Null: it cannot be read. */
  | { readonly type: 'image'; readonly key: string; readonly source: string | null }
  | { readonly type: 'sent' }
  | { readonly type: 'failed'; readonly message: string };

/** From the page to the host. `ready`: it shows nothing yet. */
export const FromPage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('open'), key: z.string() }),
  /** An image is shown. */
  z.strictObject({ type: z.literal('look'), key: z.string() }),
  /** A part of a row, by its place, is wanted in an editor. */
  z.strictObject({ type: z.literal('read'), key: z.string(), part: z.int().nonnegative() }),
  z.strictObject({ type: z.literal('press'), button: z.string() }),
  z.strictObject({ type: z.literal('message'), text: z.string().trim().min(1).max(100_000) }),
]);
export type FromPage = z.infer<typeof FromPage>;

/** The action behind a button of a page; null: the page has none of that name by now. */
export const actionOf = (page: Page | null, button: string): Action | null =>
  (page?.sections ?? [])
    .flatMap(({ items }) => items.flatMap((item) => (item.kind === 'buttons' ? item.buttons : [])))
    .find(({ id }) => id === button)?.action ?? null;
