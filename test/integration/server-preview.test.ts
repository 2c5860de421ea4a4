import { expect, test } from 'vitest';
import { createFixture } from '../../runner/machine/git/fixture.ts';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import { failureOf, startRunner } from './server-set-up.ts';

const settings = `
setup: [{ run: npm ci, network: [packages.host.test], timeout: 60 }]
verification: [npm test]
budget: { turns: 7 }
egress: [docs.host.test]
`;

test('what would hold is told in figures, with who says it, and nothing is made', async () => {
  await using runner = await startRunner({ priceOf: async () => ({ input: 1.25, output: 10 }) });
  const where = { kind: 'folder', path: runner.repo } as const;
  const plain = await runner.client.runs.preview.query({ settings: where });
  expect(plain).toEqual({
    settings: null,
    model: { name: runner.config.model.name, by: 'runner', price: { input: 1.25, output: 10 } },
    budget: defaultBudget,
    setup: { commands: [], by: 'runner' },
    verification: { commands: [], by: 'runner' },
    policy: { otherwise: defaultPolicy.otherwise, rules: defaultPolicy.rules.length },
    hosts: [],
    notes: [],
  });
  await using fixture = await createFixture();
  fixture.write('.longhaul/config.yaml', settings);
  await fixture.commit('Say how it is verified');
  const brought = await runner.client.runs.preview.query({
    settings: { kind: 'folder', path: fixture.repo },
    budget: { usd: 2 },
    verification: [{ command: 'make check', network: [], timeoutSeconds: 1 }],
  });
  expect(brought).toMatchObject({
    settings: 'main',
    budget: { ...defaultBudget, turns: 7, usd: 2 },
    setup: { commands: [{ command: 'npm ci' }], by: 'repository' },
    verification: { commands: [{ command: 'make check' }], by: 'delegation' },
    hosts: ['docs.host.test', 'packages.host.test'],
  });
  expect((await runner.client.runs.list.query({})).runs).toEqual([]);
});

test('of a repository that is elsewhere the settings are told; what delegating refuses, a preview refuses', async () => {
  await using runner = await startRunner({ priceOf: async () => null });
  const file = (text: string) => ({ path: 'config.yaml', bytes: text.length, text });
  const preview = (text: string) =>
    runner.client.runs.preview.query({ settings: { kind: 'files', files: [file(text)] }, budget: { usd: 2 } });
  expect(await preview(settings)).toMatchObject({
    settings: 'the default branch',
    model: { price: null },
    notes: [expect.stringContaining('the budget of US$ 2 does not hold')],
  });
  expect(await failureOf(preview('verification: 7'))).toMatchObject({
    refusal: 'invalid',
    message: expect.stringContaining('.longhaul/config.yaml of the default branch cannot be used'),
  });
});
