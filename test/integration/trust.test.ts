import { describe, expect, test } from 'vitest';
import { createFixture } from '../../runner/machine/git/fixture.ts';
import { failureOf, startRunner } from './server-set-up.ts';

const opening = 'setup: [{ run: npm ci, network: [packages.example.org] }]\negress: [a.example.org]\n';
const list = [
  'commands of the agent may reach a.example.org unasked',
  'setup runs npm ci and may reach packages.example.org',
];

/** The hash that a refusal tells, after a look at what it says. */
const hashOf = async (refused: Promise<unknown>, openings: readonly string[]): Promise<string> => {
  const error: unknown = await refused.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  // safe: as the router makes errors
  const { refusal } = (error as { data: { refusal: Record<string, unknown> } }).data;
  expect(refusal).toMatchObject({ code: 'untrusted', openings });
  expect(refusal['remedy']).toContain(`--trust ${String(refusal['hash'])}`);
  return String(refusal['hash']);
};

describe('settings of a repository that open something', () => {
  test('are asked about once for the repository and what they open, also after a restart', async () => {
    await using runner = await startRunner();
    await using fixture = await createFixture();
    fixture.write('.longhaul/config.yaml', opening);
    await fixture.commit('Settings');
    const repository = fixture.repo;
    const hash = await hashOf(runner.delegate({ repository }), list);
    expect((await runner.client.runs.list.query({})).position).toBe(0);
    // Another list is another question.
    await hashOf(runner.delegate({ repository, trust: 'a'.repeat(64) }), list);
    expect((await runner.delegate({ repository, trust: hash })).status).toBe('queued');
    await runner.restart();
    expect((await runner.delegate({ repository })).task.setup).toHaveLength(1);
    fixture.write('.longhaul/config.yaml', `${opening}verification: [npm test]\n`);
    await fixture.commit('It opens no more than before');
    expect((await runner.delegate({ repository })).task.verification).toHaveLength(1);
    fixture.write('.longhaul/config.yaml', opening.replace('a.example', 'b.example'));
    await fixture.commit('It opens something else');
    await hashOf(runner.delegate({ repository }), [list[0]!.replace('a.example', 'b.example'), list[1]!]);
  });

  test('are not asked about where they are replaced, nor where they open nothing', async () => {
    await using runner = await startRunner();
    await using fixture = await createFixture();
    fixture.write('.longhaul/config.yaml', 'setup: [{ run: npm ci, network: [packages.example.org] }]\n');
    await fixture.commit('Settings');
    expect((await runner.delegate({ repository: fixture.repo, setup: [] })).task.setup).toEqual([]);
  });

  test('that name half the internet are refused', async () => {
    await using runner = await startRunner();
    await using fixture = await createFixture();
    fixture.write('.longhaul/config.yaml', 'setup: [{ run: npm ci, network: ["*.com"] }]\n');
    await fixture.commit('Settings');
    expect(await failureOf(runner.delegate({ repository: fixture.repo }))).toMatchObject({
      refusal: 'invalid',
      message: expect.stringContaining('a wildcard needs at least two names behind it'),
    });
  });
});
