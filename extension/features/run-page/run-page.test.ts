import { expect, test } from 'vitest';
import type { EventBody } from '../../../shared/run/events.ts';
import { began, created, finished, followed, judged, leased } from '../../../shared/run/story/fixture.ts';
import type { ChangedFile } from '../../../shared/run/artifacts.ts';
import type { GivenOutput } from '../../../shared/run/output.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { attachedOf, runPage } from './run-page.ts';
import { localTime } from '../../ground/text/local-time.ts';

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
  expect(runPage(state, story, { images: [], given: null, printed: null, now: began + 62_000 })).toEqual({
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
              { label: 'Delegated', text: `${localTime('2026-01-01T00:00:00.000Z')} by ada` },
              { label: 'Worked', text: '1 min' },
              { label: 'Cost', text: '$0' },
            ],
          },
          {
            key: 'actions',
            kind: 'buttons',
            buttons: [
              {
                id: 'longhaul.sendMessage',
                label: 'Message…',
                primary: false,
                action: { command: 'longhaul.sendMessage', argument: { run: 'run_test1' } },
              },
              {
                id: 'longhaul.pauseRun',
                label: 'Pause',
                primary: false,
                action: { command: 'longhaul.pauseRun', argument: { run: 'run_test1' } },
              },
              {
                id: 'longhaul.cancelRun',
                label: 'Stop…',
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
    runPage(state, story, { images: [], given: null, printed: null, now: began })
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
  const section = runPage(state, story, { images: [], given: null, printed: null, now: began }).sections.find(
    ({ id }) => id === 'report',
  );
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
  const { sections } = runPage(state, story, { images: [], given: null, printed: null, now: began });
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
  const [facts] =
    runPage(noted, story, { images: [], given: null, printed: null, now: began }).sections[0]?.items ?? [];
  expect(facts).toMatchObject({
    facts: expect.arrayContaining([
      { label: 'Note', text: 'Its settings are not read.' },
      { label: 'Note', text: 'No submodule came along.' },
    ]),
  });
});

const buttonsOf = (more: Partial<RunState> & Pick<RunState, 'status'>) => {
  const { state, story } = followed([created('Fix it'), ...leased]);
  const result = { head: { commit: 'a', tree: 'b' }, changes: 'c', patch: 'd', files: 1, additions: 1, deletions: 0 };
  const end = {
    by: 'person:ada',
    reason: '',
    at: '2026-01-01T00:00:00.000Z',
    archived: null,
    pausing: 'person:ada',
    delay: null,
  };
  // safe: the page reads no more of a status than it shows
  const page = runPage({ ...state, result, ...end, ...more } as RunState, story, {
    images: [],
    given: null,
    printed: null,
    now: began,
  });
  return page.sections[0]?.items.flatMap((item) =>
    item.kind === 'buttons' ? item.buttons.map(({ label }) => label) : [],
  );
};

test.each([
  ['queued', ['Message…', 'Open Diff', 'Pause', 'Stop…']],
  ['working', ['Resume', 'Message…', 'Open Diff', 'Stop…']],
  ['reviewing', ['Open Diff', 'Accept', 'Request Changes…', 'Apply…', 'Create Branch…', 'Discard…']],
  [
    'accepted',
    [
      'Open Diff',
      'Apply…',
      'Create Branch…',
      'Delegate Again…',
      'Delegate Again by Another Model…',
      'Archive',
      'Delete…',
    ],
  ],
  ['rejected', ['Open Diff', 'Delegate Again…', 'Delegate Again by Another Model…', 'Archive', 'Delete…']],
  [
    'cancelled',
    [
      'Resume from Last Checkpoint',
      'Open Diff',
      'Delegate Again…',
      'Delegate Again by Another Model…',
      'Archive',
      'Delete…',
    ],
  ],
] as const)('a run that is %s has the verbs of that', (status, labels) => {
  expect(buttonsOf({ status })).toEqual(labels);
});

test.each(['working', 'reviewing', 'cancelled', 'accepted', 'completed'] as const)(
  'the tree of a run that is %s is opened from its page as long as it is kept',
  (status) => {
    const checkpoint = { commit: 'a', tree: 'b' };
    const tree = {
      status: 'prepared' as const,
      origin: checkpoint,
      base: checkpoint,
      head: checkpoint,
      saved: null,
      bundles: [],
    };
    const kept = ['working', 'reviewing', 'cancelled'].includes(status);
    expect(buttonsOf({ status, tree })?.includes("Open Run's Tree…")).toBe(kept);
  },
);

test('a review without changes has nothing to apply', () => {
  expect(buttonsOf({ status: 'reviewing', result: null })).toEqual(['Accept', 'Request Changes…', 'Discard…']);
});

test('images that a run changes lead to the diff that shows them', () => {
  const { state, story } = followed([created('Fix it')]);
  const version = { path: 'docs/logo.png', mode: '100644', blob: 'b', bytes: 3 } as const;
  const logo: ChangedFile = {
    status: 'modified',
    before: version,
    after: version,
    binary: true,
    additions: 0,
    deletions: 0,
  };
  const sectionOf = (images: readonly ChangedFile[]) =>
    runPage(state, story, { images, given: null, printed: null, now: began }).sections.find(
      ({ id }) => id === 'images',
    );
  expect(sectionOf([])).toBe(undefined);
  expect(sectionOf([{ ...logo, after: null, status: 'deleted' }])?.items).toEqual([
    {
      key: 'images',
      kind: 'buttons',
      buttons: [
        {
          id: 'image docs/logo.png',
          label: 'docs/logo.png, deleted',
          primary: false,
          action: {
            command: 'longhaul.review.openFile',
            argument: { run: 'run_test1', path: 'docs/logo.png', soFar: false },
          },
        },
      ],
    },
  ]);
  expect(sectionOf(Array.from({ length: 31 }, () => logo))?.items[1]).toMatchObject({
    text: '1 more image: see the changed files.',
  });
});

test('the turns of a run are listed once there are some', () => {
  const turn = (number: number): EventBody => ({
    type: 'turn.taken',
    v: 2,
    turn: number,
    attempt: 1,
    model: 'm',
    items: [{ type: 'message', role: 'assistant', text: `# I do ${number}\n\nAnd more.` }],
    usage: null,
    cost: null,
    oddities: [],
  });
  const contentsOf = (turns: readonly number[]) => {
    const { state, story } = followed([created('Fix it'), ...leased, ...turns.map(turn)]);
    const page = runPage(state, story, { images: [], given: null, printed: null, now: began });
    return page.sections.find(({ id }) => id === 'timeline')?.items.find(({ kind }) => kind === 'contents');
  };
  expect(contentsOf([1, 2])).toBe(undefined);
  expect(contentsOf([1, 2, 3])).toEqual({
    key: 'contents',
    kind: 'contents',
    label: 'Turns',
    entries: [1, 2, 3].map((number) => ({ label: `Turn ${number}: I do ${number}`, target: `event ${number + 3}` })),
  });
});

test('a result that is no diff is published from its page, once, and is nothing to apply', () => {
  const { state } = followed([created('Answer it'), ...leased]);
  const task = { ...state.task, output: { kind: 'comment' } as const };
  const output = { kind: 'comment', text: 'a'.repeat(64) } as const;
  const effect = { kind: 'answer', on: { kind: 'issue', number: 2 } };
  // safe: no more of an effect is read here
  const said = [{ round: state.round, status: 'done', effect }] as unknown as RunState['effects'];
  expect(buttonsOf({ status: 'reviewing', since: '', task, output })).toEqual([
    'Publish…',
    'Accept',
    'Request Changes…',
    'Discard…',
  ]);
  expect(buttonsOf({ status: 'accepted', by: 'a', at: '', archived: null, task, output, effects: said })).toEqual([
    'Delegate Again…',
    'Delegate Again by Another Model…',
    'Archive',
    'Delete…',
  ]);
});

test('a result that is no diff stands on the page with its texts, and is published from there', () => {
  const { state, story } = followed([created('Answer it'), ...leased]);
  const shown = (given: GivenOutput) => {
    const page = runPage(state, story, { images: [], given, printed: null, now: began });
    return page.sections.find(({ id }) => id === 'result')?.items;
  };
  expect(shown({ kind: 'comment', text: 'It *rounds*.\u202e' })).toEqual([
    { key: 'given-text', kind: 'markdown', text: 'It *rounds*.<U+202E>' },
  ]);
  expect(shown({ kind: 'labels', labels: ['bug', 'docs'] })).toEqual([
    { key: 'given', kind: 'facts', facts: [{ label: 'Labels', text: 'bug, docs' }] },
  ]);
  expect(shown({ kind: 'labels', labels: [] })).toMatchObject([{ facts: [{ label: 'Labels', text: 'none fits' }] }]);
  expect(shown({ kind: 'release', tag: 'v1.2.0', title: 'Sums', text: 'Notes' })).toMatchObject([
    {
      facts: [
        { label: 'Tag', text: 'v1.2.0' },
        { label: 'Title', text: 'Sums' },
      ],
    },
    { text: 'Notes' },
  ]);
});

test('what a running command has printed so far stands at the end, its last lines in their colours', () => {
  const { state, story } = followed([created('Fix it'), ...leased]);
  const shown = (printed: string | null) =>
    runPage(state, story, { images: [], given: null, printed, now: began }).sections.find(({ id }) => id === 'printed')
      ?.items;
  expect(shown(null)).toBe(undefined);
  expect(shown('\u001b[31mone\u001b[0m\u001b[2J\ntwo\n')).toEqual([
    {
      key: 'printed',
      kind: 'code',
      as: 'output',
      label: 'The command still runs',
      text: '\u001b[31mone\u001b[0m\ntwo',
    },
  ]);
  const many = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`);
  expect(shown(many.join('\n'))).toMatchObject([
    { label: 'The last 40 lines; the command still runs', text: many.slice(-40).join('\n') },
  ]);
});

test('images that go with the goal stand below it, each by its name, and are read when they are looked at', () => {
  const image = { name: 'mock\u202eup.png', mediaType: 'image/png', bytes: 12_300, blob: 'a'.repeat(64) } as const;
  const begun = created('Like this');
  if (begun.type !== 'run.created') throw new Error('not created');
  const { state, story } = followed([{ ...begun, task: { ...begun.task, images: [image] } }]);
  const goal = runPage(state, story, { images: [], given: null, printed: null, now: began }).sections.find(
    ({ id }) => id === 'goal',
  );
  expect(goal?.items).toEqual([
    { key: 'goal', kind: 'text', text: 'Like this', tone: 'plain' },
    { key: 'attached 0', kind: 'image', name: expect.not.stringContaining('\u202e') as string, detail: 'PNG, 12.3 kB' },
  ]);
  expect([attachedOf(state, 'attached 0'), attachedOf(state, 'attached 1'), attachedOf(state, 'goal')]).toEqual([
    image,
    undefined,
    undefined,
  ]);
});
