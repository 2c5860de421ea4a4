import { inLocalTime } from '../../ground/text/local-time.ts';
import type { Button, Item, Page, Section } from '../../ground/page/page.ts';
import { clock } from '../../../shared/text/figures.ts';
import { headline, type Moment, type Part } from '../../../shared/run/story/moment.ts';

export const section = (id: string, title: string, items: readonly Item[]): Section => ({ id, title, items });

/** A page of those sections that have something in them. */
export const pageOf = (title: string, subtitle: string, sections: readonly Section[]): Page => ({
  title,
  subtitle,
  sections: sections.filter(({ items }) => items.length > 0),
});

type Text = Extract<Item, { kind: 'text' }>;

export const textItem = (key: string, text: string, tone: Text['tone'] = 'plain'): Item => ({
  key,
  kind: 'text',
  text,
  tone,
});

/** What a model wrote, cleaned of what no page may be sent. */
export const markdownItem = (key: string, text: string): Item => ({ key, kind: 'markdown', text });

/** Those that have a text. */
export const factsItem = (key: string, facts: readonly Part[]): Item => ({
  key,
  kind: 'facts',
  facts: facts.filter(({ text }) => text !== ''),
});

export const buttonsItem = (key: string, ...buttons: readonly Button[]): Item => ({ key, kind: 'buttons', buttons });

/** A button that is one of our commands, and has its name. */
export const button = (command: string, label: string, argument: unknown): Button => ({
  id: command,
  label,
  primary: false,
  action: { command, argument },
});

/** The one that is most likely wanted. */
export const primary = (of: Button): Button => ({ ...of, primary: true });

/** Moments as rows; what the model said stands below its row, other texts and outputs are sent when a row is opened. */
export const entries = (moments: readonly Moment[], createdAt: string): readonly Item[] =>
  moments.map((moment): Item => {
    const prose = moment.about.kind === 'turn' && moment.said !== '' ? { prose: moment.said } : {};
    const text = 'prose' in prose ? moment.text : headline(moment);
    return {
      key: moment.key,
      kind: 'entry',
      at: clock(Date.parse(moment.at) - Date.parse(createdAt)),
      mark: moment.mark,
      text: `${moment.about.kind === 'call' ? `[${moment.about.call.number}] ` : ''}${text}`,
      detail: inLocalTime(moment.detail),
      ...prose,
      more: !('prose' in prose) && (moment.parts.length > 0 || moment.blob !== null),
    };
  });
