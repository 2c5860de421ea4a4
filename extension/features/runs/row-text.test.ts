import { expect, test } from 'vitest';
import { stateAt } from '../../../runner/cli/fixture.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { localTime } from '../../ground/text/local-time.ts';
import { repositoryName } from '../../ground/text/text.ts';
import { rowText } from './row-text.ts';

const textOf = (state: RunState, repository = true): string =>
  rowText(
    {
      ...state,
      number: 7,
      task: { ...state.task, repository: '/code/shop' },
      spent: { ...state.spent, usd: 0.4, unpriced: 0 },
    },
    { now: Date.parse(state.updatedAt), repository },
  );

test('a working run’s row says turn, cost and what it is at, before its repository', () => {
  expect([textOf(stateAt('call.started')), textOf(stateAt('prepare.started'), false)]).toEqual([
    'turn 1 · $0.40 · npm test · shop',
    '$0.40 · preparing the workspace',
  ]);
});

test('a row that has a question below it does not say it twice, and one that is paused says so', () => {
  const asks = stateAt('activation.ended');
  const paused: RunState = {
    ...stateAt('activation.queued'),
    status: 'waiting',
    until: { kind: 'resume', by: 'person:ada' },
    since: asks.updatedAt,
  };
  expect([textOf(asks), textOf(paused)]).toEqual(['asks you · shop · 20 s · $0.40', 'paused · shop · 0 s · $0.40']);
});

test('until when a run waits is told by the clock of the reader', () => {
  const at = '2026-03-04T12:01:30.000Z';
  const waits: RunState = {
    ...stateAt('activation.queued'),
    status: 'waiting',
    until: { kind: 'time', at },
    since: at,
  };
  expect(textOf(waits)).toContain(`until ${localTime(at)}`);
});

test('a repository is called by the last part of its path or URL', () => {
  expect(
    ['/code/shop', '/code/shop/', 'https://example.org/team/bank.git', 'git@example.org:team/x.git', '/'].map(
      repositoryName,
    ),
  ).toEqual(['shop', 'shop', 'bank', 'x', '/']);
});
