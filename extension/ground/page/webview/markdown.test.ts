import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainLine, readLine, readMarkdown, type Markup } from './markdown.ts';

/** As a reader of the test reads it: elements as brackets, links with their address. */
const shown = (all: readonly Markup[]): string =>
  all
    .map((one) => {
      if (typeof one === 'string') return one;
      const name = [one.tag, one.look, one.address].filter(Boolean).join(' ');
      return `[${name}:${shown(one.children)}]`;
    })
    .join('');

test.each([
  ['**Done**: `a.ts` is *gone*', '[p:[strong:Done]: [code:a.ts] is [em:gone]]'],
  ['# Head\ntext', '[p head:Head][p:text]'],
  ['1. one\n2. two\n   - three', '[ol:[li:one][li:two[ul:[li:three]]]]'],
  ['```ts\nconst a = "<b>";\n```', '[pre:const a = "<b>";]'],
  ['> said\n\n---', '[blockquote:[p:said]][hr:]'],
  ['| a |\n|---|\n| b |', '[table:[thead:[tr:[th:a]]][tbody:[tr:[td:b]]]]'],
  ['one\ntwo  \nthree', '[p:one\ntwo[br:]three]'],
  ['[the docs](https://docs.host.test/a)', '[p:[a https://docs.host.test/a:the docs]]'],
  ['<http://host.test>', '[p:[a http://host.test:http://host.test]]'],
])('%j is shown formatted', (text, tree) => {
  expect(shown(readMarkdown(text))).toBe(tree);
});

test.each([
  ['a script', '<script>alert(1)</script>', '[p:<script>alert(1)</script>]'],
  ['a handler', '<img src=x onerror=alert(1)>', '[p:<img src=x onerror=alert(1)>]'],
  ['a comment', 'a <!-- hidden --> b', '[p:a <!-- hidden --> b]'],
  ['javascript:', '[x](javascript:alert(1))', '[p:x (javascript:alert(1))]'],
  ['javascript: in capitals', '[x](JaVaScRiPt:alert(1))', '[p:x (JaVaScRiPt:alert(1))]'],
  ['data:', '[x](data:text/html,<b>)', '[p:x (data:text/html,%3Cb%3E)]'],
  ['command:', '[x](command:workbench.action.quit)', '[p:x (command:workbench.action.quit)]'],
  ['command: by itself', '<command:workbench.action.quit>', '[p:command:workbench.action.quit]'],
  ['vscode:', '[x](vscode://host/do)', '[p:x (vscode://host/do)]'],
  ['no host', '[x](//host.test/a)', '[p:x (//host.test/a)]'],
  ['a path', '[a.ts](src/a.ts)', '[p:a.ts (src/a.ts)]'],
  ['an image', '![logo](https://host.test/p.png)', '[p:logo (https://host.test/p.png)]'],
  ['a data image', '![x](data:image/svg+xml,<svg>)', '[p:x (data:image/svg+xml,%3Csvg%3E)]'],
  ['an image as a link', '[![a](b.png)](javascript:c)', '[p:a (b.png) (javascript:c)]'],
  ['a reference', '[x]\n\n[x]: javascript:alert(1)', '[p:x (javascript:alert(1))]'],
  [
    'what turns an address around',
    '<https://host.test/\u202Egnp.exe>',
    '[p:[a https://host.test/%E2%80%AEgnp.exe:https://host.test/<U+202E>gnp.exe]]',
  ],
  ['an entity that turns around', 'a &#x202e; b', '[p:a <U+202E> b]'],
  ['an escape sequence', 'a\u001b[2Jb', '[p:ab]'],
  ['an address alone', 'see https://host.test', '[p:see https://host.test]'],
])('of %s nothing is left but text', (_, text, tree) => {
  expect(shown(readMarkdown(text))).toBe(tree);
});

test('a line is a line: lists and heads of it are not made', () => {
  expect(shown(readLine('# 1. use `a` <b>'))).toBe('# 1. use [code:a] <b>');
});

test('a line without its marks is its text', () => {
  expect(plainLine('I **look** at `a`, [docs](https://host.test) <b>')).toBe('I look at a, docs <b>');
});

test('whatever it is given, it makes no address but http(s), and ends soon', () => {
  const pieces = fc.constantFrom(
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '!',
    '`',
    '*',
    '\n',
    '> ',
    '- ',
    '&',
    'javascript:',
    'a',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 200 }), (all) => {
      const addresses = (markup: Markup): readonly string[] =>
        typeof markup === 'string'
          ? []
          : [...(markup.address === null ? [] : [markup.address]), ...markup.children.flatMap(addresses)];
      for (const address of readMarkdown(all.join('')).flatMap(addresses)) expect(address).toMatch(/^https?:\/\//);
    }),
  );
  const deep = readMarkdown('> '.repeat(5_000) + '['.repeat(20_000));
  expect(deep.length).toBeGreaterThan(0);
});
