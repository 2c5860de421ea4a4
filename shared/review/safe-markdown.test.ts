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
      '  - in `total` \\*too\\*',
      '',
      '```text',
      'a - b // @ada #1',
      '```',
      'Done.',
    ].join('\n'),
  );
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
