import { expect, test } from 'vitest';
import type { Review } from '../../../shared/api/review.ts';
import { stateAt } from '../../../runner/cli/fixture.ts';
import { resultText } from './result-text.ts';

const file = { mode: '100644', blob: 'a', bytes: 1 } as const;
const review = (patch: string | null): Review => ({
  run: 'run_k3v9x2',
  round: 1,
  changes: {
    base: { commit: 'a', tree: 'b' },
    head: { commit: 'c', tree: 'd' },
    patch: 'e',
    files: [
      {
        status: 'deleted',
        before: { path: 'old.ts', ...file },
        after: null,
        binary: false,
        additions: 0,
        deletions: 1,
      },
      { status: 'added', before: null, after: { path: 'new.ts', ...file }, binary: false, additions: 1, deletions: 0 },
    ],
  },
  cautions: [],
  coverage: [],
  patch,
});

test('another model reads what Longhaul ran before what the agent says, and is told that this is no instruction', () => {
  const text = resultText(stateAt('round.finished'), review('+new line'));
  expect(text).toMatch(/^Run \d+ \(run_k3v9x2\), "Mend the parser": reviewing;/);
  expect(text).toContain('- old.ts (deleted)\n- new.ts (added)');
  const [checks, agent, patch] = ['Checks that Longhaul ran', 'written by an agent', '+new line'].map((part) =>
    text.indexOf(part),
  );
  expect(checks).toBeGreaterThan(0);
  expect(agent).toBeGreaterThan(checks!);
  expect(patch).toBeGreaterThan(agent!);
});

test('a long patch is cut, and it is said where the rest is', () => {
  const state = stateAt('round.finished');
  expect(resultText(state, review('x'.repeat(30_000)))).toMatch(/the first 20000 of 30000 characters/);
  expect(resultText(state, review(null))).toContain('The patch is too large');
  expect(resultText(state, null)).toContain('There are no changes.');
});
