// What the extension says: the texts of package.json, which package.nls.json holds, and those of its sources, which go through l10n's `t`.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import { z } from 'zod';

const root = path.join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The texts of package.json by their keys. */
export const manifestTexts = (): Readonly<Record<string, string>> =>
  z.record(z.string(), z.string()).parse(JSON.parse(read('package.nls.json')));

/** The keys that package.json has in the place of texts. */
export const manifestKeys = (): ReadonlySet<string> =>
  new Set([...read('package.json').matchAll(/"%([\w.-]+)%"/g)].map(([, key]) => key ?? ''));

/** package.json as VS Code reads it, with its texts. Throws where a key has none. */
export const translatedManifest = (): unknown => {
  const texts = manifestTexts();
  return JSON.parse(read('package.json'), (_, value: unknown) => {
    const key = typeof value === 'string' ? /^%([\w.-]+)%$/.exec(value)?.[1] : undefined;
    if (key === undefined) return value;
    const text = texts[key];
    if (text === undefined) throw new Error(`package.nls.json has no text for ${key}`);
    return text;
  });
};

interface Found {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

interface SourceTexts {
  readonly file: string;
  /** What goes through `t`, and how many values it is given. */
  readonly said: readonly (Found & { readonly values: number })[];
  /** What `t` is given that is no literal: nobody could translate it. */
  readonly unknown: readonly Found[];
  /** What looks like a text, and does not go through `t`. */
  readonly bare: readonly Found[];
}

/** The texts of each source of the extension, without tests. */
export const sourceTexts = (): readonly SourceTexts[] =>
  globSync('extension/**/*.ts', { cwd: root })
    .filter((file) => !/(\.test|\.d|\/fixture)\.ts$/.test(file))
    .toSorted()
    .map((file) => ({ file, ...textsIn(read(file)) }));

/** Where the texts of all sources are for whoever translates them. */
export const bundleFile = path.join(root, 'l10n', 'bundle.l10n.json');

/** What it has to hold: each text once, by itself. */
export const bundle = (): string => {
  const texts = sourceTexts().flatMap(({ said }) => said.map(({ text }) => text));
  const sorted = [...new Set(texts)].toSorted();
  return `${JSON.stringify(Object.fromEntries(sorted.map((text) => [text, text])), null, 2)}\n`;
};

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;
const nodesIn = (value: unknown): readonly Node[] =>
  Array.isArray(value) ? value.flatMap(nodesIn) : isNode(value) ? [value] : [];

/** Several words, or one as a sentence or a title begins. */
const isWording = (text: string): boolean => /[a-z]{2}/i.test(text) && /[a-z,:.…] [a-z(]|^ *[A-Z][a-z]/.test(text);
/** One word at least. */
const isWord = (text: string): boolean => /[a-z]{2}/i.test(text);
/** Fields that a person reads. */
const shown =
  /^(label|title|text|description|detail|placeHolder|placeholder|prompt|tooltip|said|about|message|remedy|noMeans|yes|no|none|other|aria-label|validationMessage)$/;
/** Calls whose arguments nobody reads but who maintains the program, or who names a part of a page. */
const unread =
  /(\blog|#log)\.(warn|info|error|debug)$|^(Error|vscode\.Theme(Icon|Color)|svg)$|\.(querySelector(All)?|closest)$/;

/** What a literal says, with {} for values, and without the picture that VS Code draws before it. Null: it is none. */
const literalOf = (node: Node): string | null => {
  const { value } = node;
  const text =
    node.type === 'Literal' && typeof value === 'string'
      ? value
      : node.type === 'TemplateLiteral'
        ? nodesIn(node['quasis'])
            .map((part) => z.object({ raw: z.string() }).parse(part['value']).raw)
            .join('{}')
        : null;
  return text?.replace(/^\$\([\w~-]+\) ?/, '') ?? null;
};

interface Reading {
  readonly source: string;
  readonly said: (Found & { readonly values: number })[];
  readonly unknown: Found[];
  readonly bare: Found[];
}

/** Reads the texts of a source. */
export const textsIn = (source: string): Omit<SourceTexts, 'file'> => {
  const reading: Reading = { source, said: [], unknown: [], bare: [] };
  walkAll(parseSync('source.ts', source).program.body, reading, false);
  const { said, unknown, bare } = reading;
  return { said, unknown, bare };
};

const textOf = ({ start, end }: Node, { source }: Reading): string => source.slice(start, end);

const found = (text: string, { start }: Node, { source }: Reading): Found => ({
  text,
  line: source.slice(0, start).split('\n').length,
});

/** `inShown`: each literal is read by a person there. */
const walkAll = (nodes: unknown, reading: Reading, inShown: boolean): void => {
  for (const node of nodesIn(nodes)) walk(node, reading, inShown);
};

const walkCall = (node: Node, reading: Reading, inShown: boolean): void => {
  const args = nodesIn(node['arguments']);
  const name = isNode(node['callee']) ? textOf(node['callee'], reading) : '';
  if (unread.test(name)) return;
  if (name !== 't') {
    // Of `['one', other].join()` the items are shown.
    walkAll(node['callee'], reading, inShown);
    return walkAll(args, reading, false);
  }
  const [first, ...values] = args;
  if (first === undefined) return;
  const text = first.type === 'Literal' ? first['value'] : undefined;
  if (typeof text === 'string') reading.said.push({ ...found(text, first, reading), values: values.length });
  else reading.unknown.push(found(textOf(first, reading), first, reading));
  walkAll(values, reading, false);
};

const walkProperty = ({ key, value, computed }: Node, reading: Reading): void => {
  if (!isNode(key) || computed === true) return walkAll([key, value], reading, false);
  const name = literalOf(key) ?? textOf(key, reading);
  // Some keys are shown: buttons by their titles, facts by their labels.
  if (isWording(name)) reading.bare.push(found(name, key, reading));
  walkAll(value, reading, shown.test(name));
};

const walk = (node: Node, reading: Reading, inShown: boolean): void => {
  const text = literalOf(node);
  if (text !== null && (isWording(text) || (inShown && isWord(text)))) reading.bare.push(found(text, node, reading));
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return;
    case 'CallExpression':
    case 'NewExpression':
      return walkCall(node, reading, inShown);
    case 'Property':
      return walkProperty(node, reading);
    case 'AssignmentExpression': {
      const field = isNode(node['left']) ? node['left']['property'] : undefined;
      return walkAll(node['right'], reading, isNode(field) && shown.test(textOf(field, reading)));
    }
    case 'BinaryExpression':
      // What is compared is a name.
      return node['operator'] === '+' ? walkAll([node['left'], node['right']], reading, inShown) : undefined;
    case 'ConditionalExpression':
      walkAll(node['test'], reading, false);
      return walkAll([node['consequent'], node['alternate']], reading, inShown);
    case 'SwitchCase':
      return walkAll(node['consequent'], reading, false);
    case 'MemberExpression':
      return walkAll(node['object'], reading, inShown);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return walkAll(node['expression'], reading, inShown);
    default:
      if (node.type.startsWith('TS')) return;
      for (const [field, value] of Object.entries(node)) if (field !== 'quasis') walkAll(value, reading, inShown);
  }
};
