import { expect, test } from 'vitest';
import type { EventBody } from '../../../shared/run/events.ts';
import { began, created, finished, followed, judged, leased } from '../../../shared/run/story/fixture.ts';
import { runPage } from './run-page.ts';

const report = (calls: string[]): EventBody => ({
  type: 'report.submitted',
  v: 1,
  report: { summary: 'Done.', claims: [{ text: 'It works', calls }] },
});

test('a working run shows what it is at, what it has done, and a box to steer it', () => {
  const { state, story } = followed([
    created('Fix <it>'),
    ...leased,
    { type: 'prepare.started', v: 1 },
    { type: 'plan.updated', v: 1, steps: [{ text: 'Look', status: 'active' }] },
    judged('call_1', 'read', { path: 'a.ts', from: null, lines: null }),
    finished('call_1', 'text', null),
  ]);
  expect(runPage(state, story, began + 62_000)).toEqual({
    title: '#7 Fix <it>',
    subtitle: 'working: preparing the workspace',
    sections: [
      {
        id: 'top',
        title: '',
        items: [
          {
            key: 'facts',
            kind: 'facts',
            facts: [
              { label: 'Repository', text: `/repo at ${'a'.repeat(12)} (main), with uncommitted changes` },
              { label: 'Delegated', text: '2026-01-01 00:00 UTC by ada' },
              { label: 'Worked', text: '1 min' },
              { label: 'Cost', text: '$0' },
            ],
          },
          {
            key: 'actions',
            kind: 'buttons',
            buttons: [
              {
                id: 'longhaul.pauseRun',
                label: 'Pause',
                primary: false,
                action: { command: 'longhaul.pauseRun', argument: { run: 'run_test1' } },
              },
              {
                id: 'longhaul.cancelRun',
                label: 'Cancel Run…',
                primary: false,
                action: { command: 'longhaul.cancelRun', argument: { run: 'run_test1' } },
              },
            ],
          },
        ],
      },
      { id: 'goal', title: 'Goal', items: [{ key: 'goal', kind: 'text', text: 'Fix <it>', tone: 'plain' }] },
      { id: 'plan', title: 'Plan', items: [{ key: 'step 0', kind: 'step', text: 'Look', status: 'active' }] },
      {
        id: 'steer',
        title: 'Steer',
        items: [
          {
            key: 'composer',
            kind: 'composer',
            label: 'Message to the agent',
            placeholder: 'It reads the message before its next turn',
          },
        ],
      },
      {
        id: 'timeline',
        title: 'Timeline',
        items: [
          {
            key: 'event 1',
            kind: 'entry',
            at: '0:00',
            mark: 'note',
            text: 'Delegated by ada',
            detail: '',
            more: false,
          },
          { key: 'call 6', kind: 'entry', at: '0:05', mark: 'ok', text: '[1] read a.ts', detail: '2.3 s', more: true },
        ],
      },
      {
        id: 'spent',
        title: 'Spent',
        items: [
          {
            key: 'spent',
            kind: 'facts',
            facts: [
              { label: 'Turns', text: '0 of 60' },
              { label: 'Tokens', text: '0 in, 0 out of 3,000,000' },
              { label: 'Cost', text: '$0 of $10' },
              { label: 'Worked', text: '1 min of 60 min' },
              { label: 'In commands', text: '2 s of 30 min' },
              { label: 'Retries', text: '0 in all, 0 in a row of 20' },
            ],
          },
        ],
      },
    ],
  });
});

test('what the model said in a turn stands below its row, whole and as Markdown', () => {
  const said = `I **looked** at\n\n- a\n- ${'b'.repeat(300)}`;
  const { state, story } = followed([
    created('Fix it'),
    ...leased,
    { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' },
    {
      type: 'turn.taken',
      v: 2,
      turn: 1,
      attempt: 1,
      model: 'm',
      items: [{ type: 'message', role: 'assistant', text: said }],
      usage: null,
      cost: null,
      oddities: [],
    },
  ]);
  expect(
    runPage(state, story, began)
      .sections.find(({ id }) => id === 'timeline')
      ?.items.at(-1),
  ).toEqual({
    key: 'event 5',
    kind: 'entry',
    at: '0:04',
    mark: 'model',
    text: 'Turn 1',
    prose: said,
    detail: 'tokens unknown · cost unknown',
    more: false,
  });
});

test('a claim leads to its calls; one that no call shows is marked', () => {
  const { state, story } = followed([
    created('Fix it'),
    ...leased,
    judged('call_1', 'bash', { command: 'npm test', timeoutSeconds: null, network: null }),
    finished('call_1', 'ok', 0),
    report(['call_1', 'call_9']),
  ]);
  const section = runPage(state, story, began).sections.find(({ id }) => id === 'report');
  expect(section?.items[1]).toEqual({
    key: 'claim 0',
    kind: 'claim',
    text: 'It works',
    calls: [
      { label: '[1] bash npm test, exit 0 · 2.3 s', target: 'call 4', ok: true },
      { label: 'a call that is not in the log', target: null, ok: false },
    ],
  });
});

test('a lost model call makes the cost a lower bound, and says so', () => {
  const { state, story } = followed([
    created('Fix it'),
    ...leased,
    { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' },
    { type: 'model.lost', v: 1, turn: 1, attempt: 1 },
  ]);
  const { sections } = runPage(state, story, began);
  expect(sections.find(({ id }) => id === 'retries')?.items).toEqual([
    {
      key: 'event 5',
      kind: 'entry',
      at: '0:04',
      mark: 'warning',
      text: 'A model call was lost in flight',
      detail: 'its cost is unknown',
      more: false,
    },
  ]);
  expect(sections.find(({ id }) => id === 'spent')?.items[1]).toEqual({
    key: 'unpriced',
    kind: 'text',
    text: 'What 1 of the model calls cost is unknown, and not in the figure above.',
    tone: 'dim',
  });
});

test('what a person should know of the terms, and of the copy, stands among the facts', () => {
  const { state, story } = followed([created('Fix it')]);
  const noted: typeof state = {
    ...state,
    task: {
      ...state.task,
      notes: ['Its settings are not read.'],
      source: { ...state.task.source, notes: ['No submodule came along.'] },
    },
  };
  const [facts] = runPage(noted, story, began).sections[0]?.items ?? [];
  expect(facts).toMatchObject({
    facts: expect.arrayContaining([
      { label: 'Note', text: 'Its settings are not read.' },
      { label: 'Note', text: 'No submodule came along.' },
    ]),
  });
});
