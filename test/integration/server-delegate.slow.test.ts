import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createFixture } from '../../runner/machine/git/fixture.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { failureOf, startRunner, trustIn } from './server-set-up.ts';

const settings = `
setup: [{ run: npm ci, network: [packages.host.test], timeout: 60 }]
verification: [npm test]
budget: { turns: 7, retries: 1000 }
model: the-repository-s
policy:
  rules:
    - id: no-push
      verdict: deny
      reason: Never.
      command: git push
      examples: { matches: [{ tool: bash, command: git push }], not: [] }
`;

describe('delegating', () => {
  test('makes a run of the goal and the tree as it is', async () => {
    await using runner = await startRunner();
    const goal = `Make the greeting friendlier, and then go on to explain at length what was wrong with it before\n\nwith details`;
    const state = await runner.delegate({ goal, budget: { turns: 3 }, priority: 7 });
    expect(state).toMatchObject({
      status: 'queued',
      number: 1,
      round: 1,
      task: {
        tenant: 'local',
        repository: runner.repo,
        title: 'Make the greeting friendlier, and then go on to explain at length what was…',
        goal,
        requester: expect.stringMatching(/^person:/),
        priority: 7,
        policy: defaultPolicy,
        budget: { ...defaultBudget, turns: 3 },
        setup: [],
        verification: [],
        source: { kind: 'local', repository: runner.repo, branch: 'main', dirty: false },
      },
    });
    expect(await readdir(runner.home.run(state.id))).toEqual(['source.git']);
  });

  test('with a budget of US dollars to a model without a known price is noted: it will not hold', async () => {
    await using runner = await startRunner({
      priceOf: async (model) => (model === 'known' ? { input: 1, output: 2 } : null),
    });
    const notes = async (input: Parameters<typeof runner.delegate>[0]) => (await runner.delegate(input)).task.notes;
    const noted = expect.stringMatching(
      /^The price of other at this endpoint is not known: .* the budget of US\$ 2 does not hold\. Those of tokens/,
    ) as string;
    expect(await notes({ model: 'other', budget: { usd: 2 } })).toEqual([noted]);
    expect(await notes({ model: 'known', budget: { usd: 2 } })).toEqual([]);
    expect(await notes({ model: 'other', budget: { turns: 2 } })).toEqual([]);
  });

  test('twice with one key gives one run, even at the same time and after a restart', async () => {
    await using runner = await startRunner();
    const both = await Promise.all([runner.delegate({ dedupeKey: 'k' }), runner.delegate({ dedupeKey: 'k' })]);
    await runner.restart();
    const later = await runner.delegate({ dedupeKey: 'k' });
    const other = await runner.delegate({ dedupeKey: 'other' });
    expect(new Set([...both, later].map(({ id }) => id)).size).toBe(1);
    expect(other.id).not.toBe(later.id);
    expect((await runner.client.runs.list.query({})).runs).toHaveLength(2);
    expect((await readdir(runner.home.runs)).toSorted()).toEqual([later.id, other.id].toSorted());
  });

  test('with a key that was used for another task is refused, and names the run of that one', async () => {
    await using runner = await startRunner();
    await runner.delegate({ dedupeKey: 'k', goal: 'One thing' });
    for (const other of [{ goal: 'Another thing' }, { title: 'Another title' }, { repository: '/elsewhere' }])
      expect(await failureOf(runner.delegate({ dedupeKey: 'k', goal: 'One thing', ...other }))).toMatchObject({
        code: 'CONFLICT',
        refusal: 'conflict',
        message: expect.stringContaining(`for run 1, with another ${Object.keys(other)[0]}.`),
      });
    expect((await runner.client.runs.list.query({})).runs).toHaveLength(1);
  });

  test('takes setup and verification from the default branch, and from nowhere else', async () => {
    await using runner = await startRunner();
    await using fixture = await createFixture();
    fixture.write('.longhaul/config.yaml', settings);
    await fixture.commit('Say how it is verified');
    await fixture.git('checkout', '-q', '-b', 'side');
    fixture.write('.longhaul/config.yaml', settings.replace('npm test', 'true'));
    await fixture.commit('Verify nothing');
    fixture.write('.longhaul/config.yaml', settings.replace('npm test', 'false'));
    const trust = await trustIn(runner.delegate({ repository: fixture.repo }));
    const { task } = await runner.delegate({ repository: fixture.repo, trust });
    expect(task.verification.map(({ command }) => command)).toEqual(['npm test']);
    expect(task).toMatchObject({
      setup: [{ command: 'npm ci', network: ['packages.host.test'], timeoutSeconds: 60 }],
      model: 'the-repository-s',
      budget: { ...defaultBudget, turns: 7 },
    });
    expect(task.policy.rules.map(({ id }) => id)).toEqual([
      ...defaultPolicy.rules.map(({ id }) => id),
      'repository-no-push',
    ]);
    const own = await runner.delegate({
      repository: fixture.repo,
      verification: [{ command: 'make check', network: [], timeoutSeconds: 1 }],
      budget: { turns: 100 },
      policy: defaultPolicy,
    });
    expect(own.task).toMatchObject({
      budget: { turns: 100 },
      policy: { limits: [expect.anything(), defaultPolicy] },
      loosened: [{ what: 'budget.turns', from: '7', to: '100', by: own.task.requester }],
    });
    expect(own.task.policy.rules).toEqual(task.policy.rules);
    expect(own.task.verification.map(({ command }) => command)).toEqual(['make check']);
  });

  const brokenRule = {
    id: 'no-push',
    verdict: 'deny',
    reason: 'Never.',
    command: 'git push',
    examples: { matches: [{ tool: 'bash', command: 'git pull' }], not: [] },
  } as const;
  test.each([
    ['a path that is no repository', { repository: '/' }, 'invalid'],
    ['a path that is not there', { repository: '/nowhere/at/all' }, 'invalid'],
    ['a path that depends on where one stands', { repository: 'repo' }, 'invalid'],
    ['a commit that is not there', { base: { commit: 'no-such-branch' } }, 'invalid'],
    ['a name that git could take for an option', { base: { commit: '--all' } }, 'invalid'],
    [
      'a policy whose rules do not do what their examples say',
      {
        policy: {
          ...defaultPolicy,
          rules: [{ ...brokenRule, examples: { matches: [...brokenRule.examples.matches], not: [] } }],
        },
      },
      'invalid',
    ],
  ])('is refused for %s, and leaves nothing', async (_, input, refusal) => {
    await using runner = await startRunner();
    expect(await failureOf(runner.delegate(input))).toMatchObject({ code: 'BAD_REQUEST', refusal });
    expect(await readdir(runner.home.runs)).toEqual([]);
    expect((await runner.client.runs.list.query({})).position).toBe(0);
  });

  test('is refused for a repository whose settings cannot be read', async () => {
    await using runner = await startRunner();
    await using fixture = await createFixture();
    fixture.write('.longhaul/config.yaml', 'verification: nonsense\n');
    await fixture.commit('Break it');
    expect(await failureOf(runner.delegate({ repository: fixture.repo }))).toMatchObject({
      refusal: 'invalid',
      message: expect.stringContaining('.longhaul/config.yaml'),
    });
  });
});
