import { expect, test } from 'vitest';
import type { EventBody } from '../../../shared/run/events.ts';
import { created, finished, followed, judged, leased } from '../../../shared/run/story/fixture.ts';
import { partDocument, shownParts } from './parts.ts';

/** What the last row holds once it is opened. */
const partsOf = (bodies: readonly EventBody[], whole: string | null = null) => {
  const { moments } = followed([created('Fix it'), ...leased, ...bodies]).story;
  const last = moments.at(-1);
  return last === undefined ? [] : shownParts(last, whole);
};

test('what a model wrote is Markdown; arguments and what a person wrote are as they are', () => {
  const report: EventBody = {
    type: 'report.submitted',
    v: 1,
    report: { summary: '**Done**\n\nall of it', claims: [] },
  };
  expect(partsOf([report])).toEqual([{ label: 'Text', text: '**Done**\n\nall of it', as: 'markdown' }]);
  expect(
    partsOf([{ type: 'context.compacted', v: 1, through: 3, summary: '# So far', usage: null, cost: null }]),
  ).toEqual([{ label: 'Summary', text: '# So far', as: 'markdown' }]);
  expect(partsOf([{ type: 'message.sent', v: 1, by: 'person:ada', text: 'a\n*b*' }])).toEqual([
    { label: 'Text', text: 'a\n*b*', as: 'text' },
  ]);
});

test('an output keeps its colours and no other sequence; as a document it has none', () => {
  const ran = [
    judged('c', 'bash', { command: 'x', timeoutSeconds: null, network: null }),
    finished('c', '\u001b[31mred\u001b[0m\u001b[2J\u0007 \u202e', 1),
  ];
  expect(partsOf(ran).at(-1)).toEqual({
    label: 'Output',
    text: '\u001b[31mred\u001b[0m <U+202E>',
    as: 'output',
  });
  const moment = followed([created('Fix it'), ...leased, ...ran]).story.moments.at(-1)!;
  expect(partDocument(moment, null, 1)).toEqual({ name: 'call 1 output.log', text: 'red <U+202E>' });
  expect(partDocument(moment, '\u001b[32mall\n', 1)).toMatchObject({ text: 'all\n' });
  expect(partDocument(moment, null, 2)).toBe(null);
});

test('an output that was cut is there whole, and said to be cut where a page does not show all of it', () => {
  const ran = [judged('c', 'bash', { command: 'x', timeoutSeconds: null, network: null }), finished('c', 'beg', 0)];
  expect(partsOf(ran, 'begin and end').at(-1)).toMatchObject({ label: 'Output', text: 'begin and end' });
  expect(partsOf(ran, 'x'.repeat(1_000_001)).at(-1)).toMatchObject({
    label: 'Output (its first million characters)',
    text: 'x'.repeat(1_000_000),
  });
});
