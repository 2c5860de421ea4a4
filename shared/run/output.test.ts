import { expect, test } from 'vitest';
import { MemoryLog } from '../../test/fakes/memory-log.ts';
import { someTask } from '../../test/fakes/task.ts';
import { problemWith } from './append-rules.ts';
import { isWanted, parseOutput, type Output, type WantedOutput } from './output.ts';

const labels: WantedOutput = { kind: 'labels', allowed: ['bug', 'docs', 'question'], most: 2 };
const text = 'd'.repeat(64);

test.each<[string, WantedOutput, unknown, unknown]>([
  ['labels of the set', labels, { labels: ['bug', 'docs'] }, { kind: 'labels', labels: ['bug', 'docs'] }],
  ['one label twice', labels, { labels: ['bug', 'bug'] }, { kind: 'labels', labels: ['bug'] }],
  ['no label', labels, { labels: [] }, { kind: 'labels', labels: [] }],
  ['a report', { kind: 'report' }, { text: ' It adds. ' }, { kind: 'report', text: 'It adds.' }],
  [
    'a release',
    { kind: 'release' },
    { tag: 'v1', title: 'One', text: 'x' },
    { kind: 'release', tag: 'v1', title: 'One', text: 'x' },
  ],
  ['nothing where files are the result', { kind: 'diff' }, undefined, null],
])('%s is taken', (...[, wanted, given, output]) => {
  expect(parseOutput(wanted, given)).toEqual({ outcome: 'ok', output });
});

test.each<[string, WantedOutput, unknown, RegExp]>([
  [
    'a label that is not in the set',
    labels,
    { labels: ['wontfix'] },
    /labels\[0\]: expected one of: bug, docs, question/,
  ],
  ['more labels than may be', labels, { labels: ['bug', 'docs', 'question'] }, /labels: expected 2 labels at most/],
  ['nothing', labels, undefined, /^finish takes the labels \{labels\} as output, and this is none/],
  ['an empty report', { kind: 'report' }, { text: ' \n' }, /text: is empty/],
  ['a report that nobody sees', { kind: 'report' }, { text: '\u200B\u2060 \u{e0041}\u3164' }, /text: is empty/],
  ['a title that nobody sees', { kind: 'issue' }, { title: '\u200D', text: 'x' }, /title: is empty/],
  ...['refs/tags/v1', 'refs/heads/main', 'a'.repeat(40), 'HEAD', 'v1.lock', 'a..b'].map(
    (tag): [string, WantedOutput, unknown, RegExp] => [
      `the tag ${tag}`,
      { kind: 'release' },
      { tag, title: 'x', text: 'x' },
      /tag: expected the (short )?name of/,
    ],
  ),
  ['a report that is too long', { kind: 'report' }, { text: 'x'.repeat(30_001) }, /has more than 30000 characters/],
  ['another output than is wanted', { kind: 'comment' }, { labels: ['bug'] }, /the comment \{text\}/],
  ['a tag that is none', { kind: 'release' }, { tag: '-x y', title: 'x', text: 'x' }, /tag: expected the name/],
  ['an output of a run whose result is a diff', { kind: 'diff' }, { text: 'x' }, /leave output out/],
])('%s is refused with what is expected', (...[, wanted, given, message]) => {
  expect(parseOutput(wanted, given)).toEqual({ outcome: 'invalid', message: expect.stringMatching(message) });
});

test('the control plane takes no worker’s word for it', () => {
  const { state } = new MemoryLog(someTask({ output: labels }));
  const submit = (output: Output) => problemWith(state, { type: 'output.submitted', v: 1, output });
  expect(submit({ kind: 'labels', labels: ['bug'] })).toBeNull();
  expect(submit({ kind: 'labels', labels: ['wontfix'] })).toMatch(/another than the task wants/);
  expect(submit({ kind: 'comment', text })).toMatch(/another than the task wants/);
  expect(isWanted({ kind: 'comment' }, { kind: 'comment', text })).toBe(true);
  const saved = {
    head: { commit: 'a'.repeat(40), tree: 'b'.repeat(40) },
    changes: text,
    patch: text,
    files: 0,
    additions: 0,
    deletions: 0,
  };
  const finish = { type: 'round.finished', v: 1, ...saved } as const;
  expect(problemWith(state, finish)).toBe('The task wants an output, and there is none.');
  expect(problemWith({ ...state, output: { kind: 'labels', labels: [] } }, finish)).toBeNull();
});
