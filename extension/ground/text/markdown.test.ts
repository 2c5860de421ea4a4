import createParser from 'markdown-it';
import { expect, test } from 'vitest';
import { escaped } from './markdown.ts';

const rendered = (text: string): string => createParser({ html: true, linkify: true }).render(escaped(text)).trim();

test.each([
  ['**bold** _it_ ~~s~~ `code` $(rocket)', '**bold** _it_ ~~s~~ `code` $(rocket)'],
  ['[run](command:x) ![a](https://h.test/a.png)', '[run](command:x) ![a](https://h.test/a.png)'],
  ['https://h.test/a and www.h.test and a@h.test', 'https://h.test/a and www.h.test and a@h.test'],
  ['<b>&amp;</b>', '&lt;b&gt;&amp;amp;&lt;/b&gt;'],
  ['# a', '# a'],
  ['    1. a', '1. a'],
  ['| a | b |', '| a | b |'],
  ['back\\slash\\*', 'back\\slash\\*'],
])('%j is a text', (text, shown) => {
  expect(rendered(text)).toBe(`<p>${shown}</p>`);
});

test('lines stay apart, and there are only spaces that a line can be broken at', () => {
  expect(rendered('one\n- two\n\n===\nthree')).toBe('<p>one</p>\n<p>- two</p>\n<p>===</p>\n<p>three</p>');
  expect(escaped('a \t b')).toBe('a b');
});
