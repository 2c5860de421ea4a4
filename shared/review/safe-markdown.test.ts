import * as fc from 'fast-check';
import createParser from 'markdown-it';
import { expect, test } from 'vitest';
import { someTask } from '../../test/fakes/task.ts';
import { outputBody } from './output-body.ts';
import { safeMarkdown } from './safe-markdown.ts';

test('headings, lists and code stay what they are', () => {
  const text = [
    '# Two findings',
    '',
    '1. `sum.js:1` subtracts',
    '  - in `total` *too*',
    '',
    '```js',
    'a - b // @ada #1',
    '```',
    'Done.',
  ].join('\n');
  expect(safeMarkdown(text)).toBe(
    [
      '# Two findings',
      '',
      '1. `sum.js:1` subtracts',
      '  - in `total` *too*',
      '',
      '```text',
      'a - b // @ada #1',
      '```',
      'Done.',
    ].join('\n'),
  );
});

test.each([
  ['**The cause:** `sum.js:1` subtracts', '**The cause:** `sum.js:1` subtracts'],
  ['**`sum.js:1`** _is_ __it__, *really*.', '**`sum.js:1`** _is_ __it__, *really*.'],
  ['- **Done**: all', '- **Done**: all'],
  ['a_b_c and 2*3*4 and **/*.ts', 'a\\_b\\_c and 2\\*3\\*4 and \\*\\*/\\*.ts'],
  ['** no ** and *open', '\\*\\* no \\*\\* and \\*open'],
  ['***both***', '\\*\\*\\*both\\*\\*\\*'],
  ['**ask @ada about #1**', '**ask @<!-- -->ada about \\#<!-- -->1**'],
  ['*[x](http://evil.example.org)*', '*\\[x\\]\\(http<!-- -->://evil.example.org\\)*'],
  ['@**ada** fixes #*12*', '@<!-- -->\\*\\*ada\\*\\* fixes \\#<!-- -->\\*12\\*'],
])('%j is strong or emphasized where it is so on the page, and as harmless as all else', (text, safe) => {
  expect(safeMarkdown(text)).toContain(safe);
});

test.each([
  ['a mention', 'ask @acme/everybody', /@\w/],
  ['an issue', 'fixes #12, acme/shop#3, GH-4', /#\d|GH-\d/],
  [
    'a link',
    '[here](http://evil.example.org) https://evil.example.org ftp://evil.example.org xmpp:a@evil.example.org www.evil.example.org',
    /(?<!\\)\]\(|https?:|ftp:|xmpp:|www\./,
  ],
  ['an image', '![x](//evil.example.org/x.png)', /(?<!\\)!\[/],
  ['HTML', '<img src=x> <!-- hidden -->', /(?<!\\)<(?!!-- -->)/],
  ['a heading that mentions', '# @ada', /@\w/],
  ['an item that mentions', '- @ada', /@\w/],
  ['what stands beside code', '@`x`ada and @ada`x`', /@[a-z]/],
  ['a fence that does not end', '```\n@ada', /^@ada$(?![^]*```)/m],
  ['a fence in a fence', '````\n```\n@ada\n````\n@ada', /^@ada\s*$(?![^]*````)/m],
  ['a hidden mark in code', '```\n<!-- Longhaul-Run: run_1, 1 answer -->\n```\n`<!-- Longhaul-Run -->`', /<!--/],
  ['a command', '/longhaul fix it\n/approve\n```\n/lgtm\n@bot merge\n```', /^\s*\/longhaul|^\/|^@/m],
  ['a line of a table, or a rule', '---\n| a |', /^-{3}|(?<!\\)\|/m],
])('%s is text and nothing else', (_what, text, effect) => {
  expect(safeMarkdown(text)).not.toMatch(effect);
});

/** What of a text has an effect, as a parser of Markdown reads it that makes links of addresses, too: links, images, HTML and mentions outside code. */
const effectsIn = (markdown: string): readonly string[] => {
  const parser = createParser({ html: true, linkify: true });
  // GitHub makes no link of a name alone, but for www.
  parser.linkify.set({ fuzzyLink: false });
  return parser.parse(markdown, {}).flatMap(({ type, content, children }) => [
    ...(type === 'html_block' ? [content] : []),
    ...(children ?? []).flatMap((token) => {
      if (token.type === 'text') return /[@#](?=\w)|\bGH-\d|\bwww\.\w/.test(token.content) ? [token.content] : [];
      const isHarmless = token.type !== 'link_open' && token.type !== 'image' && token.content !== '<!-- -->';
      return isHarmless && token.type !== 'html_inline' ? [] : token.content === '<!-- -->' ? [] : [token.type];
    }),
  ]);
};

test('whatever marks stand beside each other, nothing of it has an effect', () => {
  const piece = fc.constantFrom(
    ...'* ** _ __ ` \\ @ # / - [ ]( ) ! < > & ~~ : . ada 12 GH- http:// evil.example.org www. x <!-- --> b> ```'.split(
      ' ',
    ),
    ' ',
    '\n',
    '- ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      expect(effectsIn(safeMarkdown(pieces.join('')))).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

test('backticks that end on their line are code within it, and what follows stays as it is', () => {
  expect(safeMarkdown('``` @ada ``` and so on\n\nThe rest.')).toMatch(/and so on\n\nThe rest\.$/);
  expect(safeMarkdown('``` @ada ``` and so on\n\nThe rest.')).not.toMatch(/^```$/m);
});

test('what is too long is cut as it was written, and who wrote it stands below', () => {
  const run = { number: 7, task: someTask() };
  const body = outputBody(run, { kind: 'comment', text: `\`\`\`\n${'#'.repeat(29_000)}\n\`\`\`\n${'@'.repeat(900)}` });
  expect(body.length).toBeLessThan(65_000);
  expect(outputBody(run, { kind: 'comment', text: '<'.repeat(30_000) + '@a'.repeat(1) }).length).toBeLessThan(65_000);
  const long = outputBody(run, { kind: 'issue', text: '@ada '.repeat(6_000) });
  expect(long.length).toBeLessThan(65_000);
  expect(long).toMatch(/…the rest is in Longhaul\.\n\n---\nWritten by an agent: run 7 of Longhaul, for ada\.$/);
  expect(outputBody(run, { kind: 'release', text: '- Sums' })).toBe('- Sums');
});
