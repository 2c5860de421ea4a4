import { expect, test } from 'vitest';
import type { EventBody } from '../../../shared/run/events.ts';
import { compactionRequest, needsCompaction } from './compaction.ts';
import { asking, callItem, logOf, ran, taken } from './fixture.ts';

test.each([
  [null, 128_000, false],
  [112_000, 128_000, false],
  [112_001, 128_000, true],
  [112_001, null, true],
  [6_000, 8_000, false],
  [6_001, 8_000, true],
])('with %s tokens in a window of %s compaction is due: %s', (tokens, window, due) => {
  expect(needsCompaction(tokens, window)).toBe(due);
});

/** A turn of about so many tokens. */
const turn = (number: number, tokens: number): readonly EventBody[] => [
  asking(number),
  taken(number, callItem(`c${number}`, 'bash', { command: 'x' })),
  ...ran(`c${number}`, { command: 'x' }, 'x'.repeat(tokens * 4)),
];
const compacted = (through: number): EventBody => ({
  type: 'context.compacted',
  v: 1,
  through,
  summary: `summary through ${through}`,
  usage: null,
  cost: null,
});

test.each([
  ['the last 20,000 tokens stay', [9000, 9000, 9000, 9000], null, 2],
  ['the last turn stays though it is larger', [9000, 30_000], null, 1],
  ['all but the last go where all would fit', [100, 100, 100], null, 2],
  ['the only turn goes', [100], null, 1],
  ['small windows keep less', [1000, 1000, 1000], 8000, 2],
])('%s', (...[, sizes, window, through]) => {
  const bodies = sizes.flatMap((size, index) => turn(index + 1, size));
  expect(compactionRequest(logOf(bodies), window).through).toBe(through);
});

test('compacting goes on behind the last compaction, and ends when nothing is left', () => {
  const bodies = [...turn(1, 100), ...turn(2, 100), ...turn(3, 100)];
  expect(compactionRequest(logOf([...bodies, compacted(2)]), null).through).toBe(3);
  expect(() => compactionRequest(logOf([...bodies, compacted(3)]), null)).toThrow('no turn');
});

test('the model is given the record as one text: goal, earlier summary, calls and shortened outputs', () => {
  const bodies = [...turn(1, 10), compacted(1), ...turn(2, 2000), ...turn(3, 10)];
  const { through, request } = compactionRequest(logOf(bodies), null);
  expect({ through, tools: request.tools, items: request.items }).toEqual({
    through: 2,
    tools: [],
    items: [
      {
        type: 'message',
        role: 'user',
        text: expect.stringMatching(
          /^# The goal, as it was given\nMend the tests\n\n# The summary of turns 1 to 1\nsummary through 1\n\n# The record\n## Turn 2\n\nThe agent called bash \[c2\]: \{"command":"x"\}\nOutput:\nx+\n\[\d+ bytes left out\]\nx+\n\nWrite the summary now\.$/,
        ) as string,
      },
    ],
  });
});

test('the record fits half of the window, however long it is', () => {
  const bodies = Array.from({ length: 200 }, (_, index) => turn(index + 1, 4000)).flat();
  const { request } = compactionRequest(logOf(bodies), 32_000);
  expect(JSON.stringify(request.items).length / 4).toBeLessThan(16_000);
});
