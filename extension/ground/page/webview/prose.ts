import { element } from './element.ts';
import { readLine, readMarkdown, type Markup } from './markdown.ts';

/** What a model wrote. Links go to VS Code, which asks before it opens what is not trusted. */
export const prose = (text: string): HTMLElement =>
  element('div', { class: 'prose' }, ...readMarkdown(text).map(ofMarkup));

/** A line of it, to be put into another element. */
export const line = (text: string): readonly (Node | string)[] => readLine(text).map(ofMarkup);

const ofMarkup = (markup: Markup): Node | string => {
  if (typeof markup === 'string') return markup;
  const { tag, look, address, children } = markup;
  return element(
    tag,
    {
      ...(look === '' ? {} : { class: look }),
      ...(address === null ? {} : { href: address, title: address }),
      // What scrolls is to be reached without a mouse.
      ...(tag === 'pre' ? { tabindex: '0' } : {}),
    },
    ...children.map(ofMarkup),
  );
};
