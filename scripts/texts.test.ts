import { expect, test } from 'vitest';
import { manifestKeys, manifestTexts, sourceTexts, textsIn } from './texts.ts';

/** Words that no person reads in a language of theirs, by source: what a model or the agent reads, names, and what only the program knows. */
const untranslated: Readonly<Record<string, RegExp>> = {
  'extension/features/chat/delegate-tool.ts': /^(Nothing was delegated|Delegated as run)/,
  'extension/features/chat/read-tools.ts': /^(Nothing was read|Nothing has been delegated|There is no run)/,
  'extension/features/chat/result-text.ts': /./,
  'extension/features/delegate/change-choice.ts': /^(turns=40|gpt-|npm |packages\.example\.org)/,
  'extension/features/delegate/goal-document.ts': /^Goal for $/,
  'extension/features/history/panel.ts': /^(CSV|JSON)$/,
  'extension/features/needs-you/status-bar.ts': /^Longhaul$/,
  'extension/features/needs-you/status-text.ts': /^Longhaul$/,
  'extension/features/review/comment-store.ts': /^On line /,
  'extension/features/review/lens-step.ts': /^take back$/,
  'extension/features/run-page/decision-page.ts': /^Longhaul$/,
  'extension/features/run-page/parts.ts': /^txt$/,
  'extension/features/run-page/run-page.ts': /^Minutes$/,
  'extension/features/runs/groups.ts': /^(needs you|in review)$/,
  'extension/features/runs/timeline.ts': /^run {} earlier moments$/,
  'extension/ground/delegation/origin.ts':
    /^(It is about|The selected lines are|The whole message is|It fails with|{}\\n… \(the rest)/,
  'extension/ground/delegation/references.ts': /^Named in the goal:$/,
  'extension/ground/node/node.ts': /^(None|Collapsed|Expanded)$/,
  'extension/ground/page/html.ts': /^<!DOCTYPE html>/,
  'extension/ground/page/webview/reading.ts': /^primary newest$/,
  'extension/ground/problem/connection-error.ts': /^ConnectionError$/,
  'extension/ground/repository/repository.ts': /^not a git repository$/,
  'extension/ground/ways-out/platform.ts': /^Windows$/,
  'extension/parts.ts': /^Longhaul$/,
};

test('what a person reads of the extension can be translated', () => {
  const bare = sourceTexts().flatMap(({ file, bare: found }) =>
    found
      .filter(({ text }) => !(untranslated[file]?.test(text) ?? false))
      .map(({ text, line }) => `${file}:${line} ${text}`),
  );
  expect(bare).toEqual([]);
});

test('each exception is of use', () => {
  const sources = new Map(sourceTexts().map(({ file, bare }) => [file, bare]));
  const idle = Object.entries(untranslated).filter(
    ([file, exception]) => !(sources.get(file) ?? []).some(({ text }) => exception.test(text)),
  );
  expect(idle.map(([file]) => file)).toEqual([]);
});

test('each text is a literal, with a place for each of its values', () => {
  const wrong = sourceTexts().flatMap(({ file, said, unknown }) => [
    ...unknown.map(({ text, line }) => `${file}:${line} ${text}`),
    ...said
      .filter(({ text, values }) => placesIn(text).join() !== Array.from({ length: values }, (_, at) => at).join())
      .map(({ text, line }) => `${file}:${line} ${text}`),
  ]);
  expect(wrong).toEqual([]);
});

const placesIn = (text: string): readonly number[] =>
  [...new Set([...text.matchAll(/\{(\d+)\}/g)].map(([, at]) => Number(at)))].toSorted((a, b) => a - b);

test('each key of package.json has its text, and each text its key', () => {
  expect(Object.keys(manifestTexts())).toEqual([...manifestKeys()].toSorted());
});

test.each([
  ["say('Nothing is left.');", ['Nothing is left.']],
  ["const item = { label: `$(check) ${t('Done')}`, description: one ? 'passed' : other };", ['passed']],
  ['box.prompt = `Where is ${name} to go?`;', ['Where is {} to go?']],
  ["offer(tell, text, { 'Open Run': open, [t('Show')]: show });", ['Open Run']],
  ["const row = { tooltip: [t('{0} left', 'hours'), 'in all'].join() };", ['in all']],
  ["log.warn(`It ended with ${code}`); if (kind === 'not seen yet') throw new Error('No such kind');", []],
  ["import x from 'Some Where'; type Kind = 'in review'; const command = 'longhaul.openRun';", []],
])('of %s these are bare: %j', (source, expected) => {
  expect(textsIn(source).bare.map(({ text }) => text)).toEqual(expected);
});

test('what goes through t is known with its values; what is no literal is told', () => {
  expect(textsIn("t('{0} of {1}', done, t('all'));\nt(name);")).toEqual({
    said: [
      { text: '{0} of {1}', line: 1, values: 2 },
      { text: 'all', line: 1, values: 0 },
    ],
    unknown: [{ text: 'name', line: 2 }],
    bare: [],
  });
});
