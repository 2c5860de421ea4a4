import createParser, { type Token } from 'markdown-it';
import { clean } from '../../../../shared/text/clean.ts';

/** The elements that Markdown becomes: no other is ever made of it, and none of them loads or runs anything. */
const tags = [
  'a',
  'blockquote',
  'br',
  'code',
  'em',
  'hr',
  'li',
  'ol',
  'p',
  'pre',
  's',
  'strong',
  'table',
  'tbody',
  'td',
  'th',
  'thead',
  'tr',
  'ul',
] as const;
type Tag = (typeof tags)[number];

/** Markdown as a tree of texts and elements. Texts are safe to show as text. */
export type Markup =
  | string
  | {
      readonly tag: Tag;
      /** A class of ours; empty: none. */
      readonly look: 'head' | '';
      /** Of a link: http or https, and no other. */
      readonly address: string | null;
      readonly children: readonly Markup[];
    };

const plain = (tag: Tag, ...children: readonly Markup[]): Markup => ({ tag, look: '', address: null, children });

/** What is longer is shown as it was written. */
const mostCharacters = 200_000;

const parser = createParser({ html: false, linkify: false, typographer: false, maxNesting: 20 });
// What is no link is shown with its address all the same, and not as the source of one.
parser.validateLink = () => true;

/** Reads what a model wrote. No HTML, no images, no links that lead anywhere but to http(s): what they were is shown as text. */
export const readMarkdown = (text: string): readonly Markup[] =>
  text.length > mostCharacters ? [plain('pre', clean(text))] : treeOf(parser.parse(text, {}));

/** The same of a line. */
export const readLine = (text: string): readonly Markup[] =>
  text.length > mostCharacters ? [clean(text)] : treeOf(parser.parseInline(text, {}));

/** What is left of a line without its marks. */
export const plainLine = (text: string): string => textOf(readLine(text));

interface Open {
  readonly token: Token | null;
  readonly children: Markup[];
}

const treeOf = (tokens: readonly Token[]): readonly Markup[] => {
  const root: Open = { token: null, children: [] };
  const open = [root];
  for (const token of tokens) {
    const inner = open.at(-1) ?? root;
    if (token.nesting === 1) open.push({ token, children: [] });
    else if (token.nesting === 0) inner.children.push(...leaf(token));
    else {
      open.pop();
      (open.at(-1) ?? root).children.push(...closed(inner));
    }
  }
  return root.children;
};

const leaf = (token: Token): readonly Markup[] => {
  switch (token.type) {
    case 'inline':
      return treeOf(token.children ?? []);
    case 'code_inline':
      return [plain('code', clean(token.content))];
    case 'fence':
    case 'code_block':
      return [plain('pre', clean(token.content.replace(/\n$/, '')))];
    case 'softbreak':
      return ['\n'];
    case 'hardbreak':
      return [plain('br')];
    case 'hr':
      return [plain('hr')];
    case 'image':
      return [withAddress(clean(token.content), addressOf(token, 'src'))];
    default:
      return [clean(token.content)];
  }
};

const closed = ({ token, children }: Open): readonly Markup[] => {
  if (token === null || token.hidden) return children;
  if (token.tag === 'a') return linkOf(addressOf(token, 'href'), children);
  // Their levels are the model's, and none of the page's outline.
  if (/^h\d$/.test(token.tag)) return [{ tag: 'p', look: 'head', address: null, children }];
  const tag = tags.find((known) => known === token.tag);
  return tag === undefined ? children : [plain(tag, ...children)];
};

const linkOf = (address: string, children: readonly Markup[]): readonly Markup[] => {
  if (isWeb(address)) return [{ tag: 'a', look: '', address, children }];
  const shown = textOf(children);
  return [...children, withAddress(shown, address).slice(shown.length)];
};

const isWeb = (address: string): boolean => {
  const url = URL.parse(address);
  return /^https?:\/\//i.test(address) && (url?.protocol === 'https:' || url?.protocol === 'http:');
};

const withAddress = (text: string, address: string): string =>
  text === address || address === '' ? text : `${text} (${address})`;

const addressOf = (token: Token, name: 'href' | 'src'): string => clean(String(token.attrGet(name) ?? ''));

const textOf = (children: readonly Markup[]): string =>
  children.map((child) => (typeof child === 'string' ? child : textOf(child.children))).join('');
