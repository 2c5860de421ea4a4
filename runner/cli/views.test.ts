import { expect, test } from 'vitest';
import { recipeDefaults, type ListedRecipe } from '../../shared/recipe/recipe.ts';
import { decisionSummaries, lineOf } from '../../shared/run/summary.ts';
import { decisionHash } from './decision-hash.ts';
import { decisionView } from './decision-view.ts';
import { delegatedAt, decisionOf, eventsOf, run, stateAt, story } from './fixture.ts';
import { storyOf } from '../../shared/run/story/fixture.ts';
import { plain } from './paint.ts';
import { recipesView } from './recipes-view.ts';
import { runsView } from './runs-view.ts';
import { showView } from './show-view.ts';
import { statusLine } from './status-line.ts';

const now = delegatedAt + 200_000;

test('a run on one page', () => {
  const view = showView(stateAt(null), storyOf(eventsOf(story)), {
    now,
    paint: plain,
    calls: false,
    cautions: [],
    coverage: [],
    output: null,
    printed: null,
  });
  expect(view).toMatchInlineSnapshot(`
    "#12 Mend the parser  reviewing: round 1 is ready for review
      id         run_k3v9x2
      repository /home/ada/parser at aaaaaaaaaaaa (main) with uncommitted changes
      delegated  2026-03-04 12:00 UTC (3 min ago) by ada

    Goal
      Mend the parser.
      Its test fails.

    Plan
      [>] Mend it

    What happened
      turn 1
        [1] ✓ plan  12 ms
        [2] ✗ bash npm test  exit 1 · 2.3 s
      turn 2
        [3] ✓ bash npm install (network: packages.host.test)  exit 0 · 14.9 s
      turn 3
        [4] ✓ edit src/parser.ts  12 ms
        [5] ✓ finish  12 ms

    Decisions
      dec_a1b2c3  Run npm install in the sandbox, with network access to packages.host.test
        approved by grace, 2026-03-04 12:01 UTC (after 1 min 00 s)

    Report
      The parser reads empty files now.
      - The packages are there
          [3] ✓ bash npm install (network: packages.host.test)  exit 0 · 14.9 s
      - It is proven
          a call that is not in the log

    Evidence
      ✓ verification: npm test  exit 0 · 3.0 s

    Result
      1 file changed, +3 -1

    Retries
      2026-03-04 12:00 UTC  ! Model call failed: Too many requests.  tries again at 2026-03-04 12:00:05 UTC

    Spent
      turns       3 of 60
      tokens      36.0k in, 1.0k out of 3.0M
      cost        ≥ $0.014 (no limit)
      worked      45.0 s of 60 min
      in commands 20.3 s of 30 min
      retries     1 in all, 0 in a row of 20
      1 model call cost an unknown sum, which is not in the figure above.

    Next
      longhaul diff 12                      see what changed
      longhaul apply 12                     put it into your working tree
      longhaul accept 12                    accept it
      longhaul discard 12 --changes "…"     ask for another round"
  `);
});

test('a run that was delegated by a recipe says so', () => {
  const state = stateAt(null);
  const delegated = { ...state, task: { ...state.task, recipe: 'fix-failing-test' } };
  const view = showView(delegated, storyOf(eventsOf(story)), {
    now,
    paint: plain,
    calls: false,
    cautions: [],
    coverage: [],
    output: null,
    printed: null,
  });
  expect(view).toContain('\n  recipe     fix-failing-test\n  delegated  ');
});

test('recipes with what they are for, and what is wrong with them', () => {
  const defaults = recipeDefaults({
    title: '',
    description: '',
    needsGoal: true,
    inputs: [],
    template: '',
    tools: null,
    output: { kind: 'diff' },
    setup: null,
    verification: null,
    policy: { rules: [], otherwise: {} },
    model: null,
    budget: {},
    decisionHours: null,
    priority: 0,
  });
  const usable = { problem: null, inputs: [], defaults, needsGoal: true, description: '' };
  const recipes: readonly ListedRecipe[] = [
    { ...usable, name: 'docs', origin: 'built-in', replaces: false, title: 'Update docs', needsGoal: false },
    {
      ...usable,
      name: 'explain',
      origin: 'repository',
      replaces: true,
      title: 'Ex\u001b[2Jplain',
      description: 'How.',
    },
    { name: 'release', origin: 'repository', replaces: false, problem: 'release.md cannot be used: no title.' },
  ];
  expect(recipesView(recipes, plain)).toMatchInlineSnapshot(`
    "RECIPE   FROM                               GOAL      TITLE
    docs     Longhaul                           optional  Update docs
    explain  repository, instead of Longhaul's  needed    Explain
      How.
    release  repository                                   cannot be used
      release.md cannot be used: no title."
  `);
});

test('with --calls every output is there', () => {
  const view = showView(stateAt(null), storyOf(eventsOf(story)), {
    now,
    paint: plain,
    calls: true,
    cautions: [],
    coverage: [],
    output: null,
    printed: null,
  });
  expect(
    ['Cannot find package', 'added 3 packages', 'edited', '1 passed'].filter((text) => !view.includes(text)),
  ).toEqual([]);
});

test('a failed run says whose fault it was and what to do', () => {
  const state = stateAt('activation.leased', [[9, { type: 'run.failed', v: 1, class: 'budget', message: 'Used up.' }]]);
  expect(
    showView(state, storyOf([]), {
      now,
      paint: plain,
      calls: false,
      cautions: [],
      coverage: [],
      output: null,
      printed: null,
    }),
  ).toMatchInlineSnapshot(`
    "#12 Mend the parser  failed
      id         run_k3v9x2
      repository /home/ada/parser at aaaaaaaaaaaa (main) with uncommitted changes
      delegated  2026-03-04 12:00 UTC (3 min ago) by ada
      failure    budget: Used up.
      remedy     Its budget was used up. Delegate again with more: --budget turns=120,usd=20

    Goal
      Mend the parser.
      Its test fails.

    Spent
      turns       0 of 60
      tokens      0 in, 0 out of 3.0M
      cost        $0 (no limit)
      worked      9.0 s of 60 min
      in commands 0 ms of 30 min
      retries     0 in all, 0 in a row of 20

    Next
      longhaul retry 12                     go on from its last checkpoint"
  `);
});

test('the list of runs, in a terminal and elsewhere', () => {
  const runs = [stateAt(null), stateAt('activation.ended'), stateAt('activation.queued')].map(lineOf);
  expect(runsView(runs, { now, columns: 100, paint: plain })).toMatchInlineSnapshot(`
    " #  STATUS       AGE  TURNS  TOKENS       COST  FILES    TITLE
    12  reviewing  3 min      3   37.0k   ≥ $0.014  1 +3 -1  Mend the parser
    12  waiting    3 min      2   24.7k  ≥ $0.0092           Mend the parser (Run npm install in t…
    12  queued     3 min      0       0         $0           Mend the parser (waiting for a worker)

    1 run waits for your decision: longhaul decisions
    1 run is ready for review: longhaul diff 12"
  `);
  expect(runsView(runs.slice(1, 2), { now, columns: null, paint: plain })).toMatchInlineSnapshot(`
    " #  STATUS     AGE  TURNS  TOKENS       COST  FILES  TITLE
    12  waiting  3 min      2   24.7k  ≥ $0.0092         Mend the parser (Run npm install in the sandbox, with network access to packages.host.test)

    1 run waits for your decision: longhaul decisions"
  `);
});

test('a result that somebody is asked to publish says so in its row, and is counted as the decision that it is', () => {
  const state = stateAt(null);
  const asked: typeof state = {
    ...state,
    decisions: {
      dec_p: {
        status: 'pending',
        request: { ...decisionOf({ kind: 'publish', action: 'Publish round 1 to acme/shop' }), id: 'dec_p' },
      },
    },
  };
  const line = lineOf(asked);
  expect([line.decisions, line.publishAsked, lineOf(state).publishAsked]).toEqual([1, 'dec_p', null]);
  const [, row, , ...hints] = runsView([line], { now, columns: null, paint: plain }).split('\n');
  expect(row).toContain('Mend the parser (round 1 is ready for review; asked: Publish round 1 to acme/shop)');
  expect(hints).toEqual(['1 run waits for your decision: longhaul decisions']);
});

test('a decision shows exactly what it is about', () => {
  const [open] = decisionSummaries(stateAt('activation.ended'));
  expect(open && decisionView(open, { now, paint: plain })).toMatchInlineSnapshot(`
    "dec_a1b2c3  Run npm install in the sandbox, with network access to packages.host.test
      run           12  Mend the parser  (run_k3v9x2)
      asked by      the agent, in turn 2
      why           It asks for network access to packages.host.test.
      if approved   The command runs once, and what it installs stays in the workspace.
      expires       in 2 d, at 2026-03-07 12:00 UTC
      if it expires The run stays parked.
      bash
        "command": "npm install"
        "timeoutSeconds": null
        "network": ["packages.host.test"]
      on tree       dddddddddddd
      hash          4ffeaadc2838
      longhaul diff run_k3v9x2 --so-far
      longhaul approve dec_a1b2c3
      longhaul reject dec_a1b2c3 --reason "…""
  `);
});

test('an expired question offers to be asked again', () => {
  const request = decisionOf({
    kind: 'question',
    action: 'Which?',
    tool: null,
    arguments: {},
    tree: null,
    choices: ['a', 'b'],
  });
  const open = { run: run, number: 7, title: 'Mend', tenant: 'local', status: 'expired' as const, request };
  expect(decisionView(open, { now: now + 1e9, paint: plain })).toMatchInlineSnapshot(`
    "dec_a1b2c3  Which?
      run           7  Mend  (run_k3v9x2)
      asked by      the agent, in turn 2
      why           It asks for network access to packages.host.test.
      if approved   The command runs once, and what it installs stays in the workspace.
      expires       undecided since 2026-03-07 12:00 UTC; nothing was done
      if it expires The run stays parked.
      choices       "a"  "b"
      hash          bb21b2bc1da2
      longhaul diff run_k3v9x2 --so-far
      longhaul approve dec_a1b2c3 --renew   asks again"
  `);
});

test('a hash is that of what is shown', () => {
  const request = decisionOf();
  const open = { run: run, number: 7, title: 'Mend', tenant: 'local', status: 'pending' as const, request };
  expect(decisionHash(open)).toBe(request.hash);
  const other = { ...open, request: { ...request, arguments: { command: 'rm -rf .' } } };
  expect(decisionHash(other)).not.toBe(request.hash);
});

test.each([
  [
    'model.started',
    { frame: 0, columns: 120, connected: true },
    '⠋ turn 1: the model is thinking · 3 min 19 s · 3:20 · 0 tokens · $0',
  ],
  [
    'call.started',
    { frame: 1, columns: 120, connected: true },
    '⠙ turn 1: bash npm test · 3 min 11 s · plan 0/1 · 3:20 · 12.3k tokens · ≥ $0.0042',
  ],
  [
    'activation.ended',
    { frame: 2, columns: 60, connected: true },
    '? waits for you: Run npm install in the sandbox, with netw…',
  ],
  [
    'model.started',
    { frame: 3, columns: 120, connected: false },
    '! the runner is gone; waiting for it · 3 min 19 s · 3:20 · 0 tokens · $0',
  ],
] as const)('the status line at %s', (type, options, expected) => {
  expect(statusLine(stateAt(type), { now, ...options })).toBe(expected);
});
