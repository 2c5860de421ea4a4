import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { judge } from '../../shared/policy/evaluate.ts';
import { repositoryWith } from '../harness/repository.ts';
import { clientOf, failureOf, startRunner } from './server-set-up.ts';
import { loadConfig } from '../../runner/machine/config/config.ts';
import { openFolder } from '../harness/rig.ts';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

const tokens = (['developer', 'approver'] as const).map((role) => ({
  hash: createHash('sha256').update(`token-of-${role}`).digest('hex'),
  name: role,
  tenant: 'team',
  role,
}));
const rule = {
  id: 'evil',
  verdict: 'deny',
  reason: 'No.',
  network: 'evil.example.org',
  examples: { matches: [{ tool: 'bash', network: ['evil.example.org'] }], not: [] },
};
const open = {
  rules: [],
  otherwise: { reads: 'allow' as const, changes: 'allow' as const, network: 'allow' as const },
};

const operated = async (settings: object) => {
  const file = path.join(await openFolder('operator-'), 'config.yaml');
  await writeFile(file, JSON.stringify(settings));
  return loadConfig({ flags: {}, env: {}, file });
};

/** A runner with an operator's settings, and what people with a token there delegate on a remote that it may read. */
const world = async (settings: object) => {
  const repo = await repositoryWith({ 'hello.txt': 'hello\n' });
  const loaded = await operated({ remotes: [{ match: `file://${path.dirname(repo)}/*` }], ...settings });
  if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join('\n'));
  const runner = await startRunner({
    change: () => ({ ...loaded.config, server: { ...loaded.config.server, tokens } }),
  });
  const url = `file://${repo}`;
  return {
    delegate: (role: 'developer' | 'approver', input: object) =>
      clientOf(runner.serving.url, `token-of-${role}`).runs.delegate.mutate({
        goal: 'Say hello',
        repository: url,
        source: { kind: 'remote', url, ref: null },
        ...input,
      }),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
};

const verdict = (policy: Parameters<typeof judge>[0], host: string) =>
  judge(policy, { tool: 'bash', command: 'x', paths: [], network: [host] }).verdict;

describe('an operator', () => {
  test('is held to by whoever delegates, for all tenants and for one', async () => {
    await using at = await world({
      policy: { rules: [rule] },
      maxBudget: { usd: 20 },
      tenants: { team: { policy: { otherwise: { network: 'deny' } } }, others: { maxBudget: { turns: 1 } } },
    });
    const { task } = await at.delegate('developer', { policy: open, budget: { usd: 100, turns: 5 } });
    expect([verdict(task.policy, 'evil.example.org'), verdict(task.policy, 'a.example.org')]).toEqual(['deny', 'deny']);
    expect(task).toMatchObject({ budget: { usd: 10, turns: 5 }, loosened: [] });
    expect(task.notes).toEqual(['The budget of usd is 10: only an approver can raise it.']);
    const approved = await at.delegate('approver', { policy: open, budget: { usd: 100 } });
    expect(verdict(approved.task.policy, 'a.example.org')).toBe('deny');
    expect(approved.task).toMatchObject({
      budget: { usd: 20 },
      loosened: [
        { what: 'policy', by: 'person:approver' },
        { what: 'budget.usd', from: '10', to: '20', by: 'person:approver' },
      ],
    });
  });

  test('decides whether a developer may bring a setup that reaches a host', async () => {
    const setup = [{ command: 'npm ci', network: ['packages.example.org'], timeoutSeconds: 60 }];
    await using shut = await world({});
    expect(await failureOf(shut.delegate('developer', { setup }))).toMatchObject({
      code: 'FORBIDDEN',
      refusal: 'denied',
    });
    expect((await shut.delegate('approver', { setup })).task.loosened).toEqual([
      { what: 'setup', from: 'no network', to: 'npm ci reaches packages.example.org', by: 'person:approver' },
    ]);
    const allows = {
      ...rule,
      id: 'packages',
      verdict: 'allow',
      network: 'packages.example.org',
      examples: { matches: [{ tool: 'bash', network: ['packages.example.org'] }], not: [] },
    };
    await using at = await world({ policy: { rules: [allows] } });
    expect((await at.delegate('developer', { setup })).task).toMatchObject({ setup, loosened: [] });
  });

  test('is told of a rule that does not do what its examples say', async () => {
    expect(await operated({ policy: { rules: [{ ...rule, network: 'other.example.org' }] } })).toMatchObject({
      outcome: 'invalid',
      problems: [expect.stringContaining('Rule evil should match')],
    });
  });
});
