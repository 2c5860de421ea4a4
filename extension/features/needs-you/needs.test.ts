import { expect, test } from 'vitest';
import { stateAt } from '../../../runner/cli/fixture.ts';
import { decisionSummaries, summary } from '../../../shared/run/summary.ts';
import { countsOf, type Needs } from './needs.ts';

const [question] = decisionSummaries(stateAt('activation.ended'));
const review = summary(stateAt(null));
const needs = (more: Partial<Needs>): Needs => ({
  decisions: [],
  keyless: new Set(),
  reviews: [review],
  ends: [],
  ...more,
});

test('a result that somebody is asked to publish is one thing that waits; a question of another run is another', () => {
  if (question === undefined) throw new Error('there is a question');
  const publish = { ...question, run: review.id, request: { ...question.request, kind: 'publish' as const } };
  expect(countsOf(needs({}))).toEqual({ waiting: 1, ended: 0 });
  expect(countsOf(needs({ decisions: [publish] }))).toEqual({ waiting: 1, ended: 0 });
  expect(countsOf(needs({ decisions: [{ ...publish, run: 'run_other' }] }))).toEqual({ waiting: 2, ended: 0 });
  expect(countsOf(needs({ decisions: [{ ...question, run: review.id }] }))).toEqual({ waiting: 2, ended: 0 });
});
