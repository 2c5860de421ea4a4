import { describe, expect, test } from 'vitest';
import { engineChecks } from '../../runner/cli/doctor/engine.ts';
import type { RunnerConfig } from '../../runner/machine/config/config.ts';
import { startFakeTrigger, type FakeTrigger } from '../fakes/trigger/index.ts';

type Settings = Extract<RunnerConfig['engine'], { kind: 'trigger' }>;
const settings: Settings = { kind: 'trigger', waits: 'end', ttlSeconds: 600, machine: null, version: null };

/** What the doctor says, by check. */
const said = async (fake: FakeTrigger | null, own: Partial<Settings> = {}, env: Record<string, string> = {}) => {
  const reached = fake === null ? {} : { TRIGGER_API_URL: fake.url, TRIGGER_SECRET_KEY: fake.secretKey };
  // Only its public URL is read of the server's settings.
  const server = { publicUrl: null } as RunnerConfig['server']; // safe: see above
  const checks = await engineChecks({ engine: { ...settings, ...own }, server }, { ...reached, ...env });
  return Object.fromEntries(checks.map(({ name, outcome, detail }) => [name, `${outcome}: ${detail}`]));
};

describe('longhaul doctor, where tasks of Trigger.dev are the workers', () => {
  test('finds all that runs need', async () => {
    await using fake = await startFakeTrigger();
    expect(await said(fake)).toEqual({
      engine: `ok: Trigger.dev at ${fake.url}`,
      deployment: 'ok: the current one; the newest is 20260101.1',
      realtime: 'ok: its stream answers: what becomes of a task is known at once',
    });
    expect(fake.world.runs).toEqual([]);
  });

  test('names a version that there is not, a realtime that does not answer, and waits that keep their machines', async () => {
    await using fake = await startFakeTrigger();
    fake.realtime = false;
    expect(await said(fake, { version: '20991231.7', waits: 'token' })).toMatchObject({
      deployment: expect.stringMatching(
        /^fail: engine\.version is 20991231\.7, and there is no such deployment/,
      ) as string,
      realtime: expect.stringMatching(/^warn: its stream answers 503: .* polled, every 5 s$/) as string,
      waits: expect.stringMatching(/^warn: .*makes no checkpoints/) as string,
    });
  });

  test('says that nothing is deployed, that a key is refused or missing, and that nobody answers', async () => {
    await using fake = await startFakeTrigger({ forgiving: true });
    fake.deployed = false;
    expect(await said(fake)).toMatchObject({ deployment: 'fail: nothing is deployed to this environment' });
    expect(await said(fake, {}, { TRIGGER_SECRET_KEY: 'tr_prod_wrong' })).toEqual({
      engine: `fail: Trigger.dev at ${fake.url}: the key is refused (401)`,
    });
    expect(await said(null)).toEqual({
      engine: expect.stringMatching(/^fail: TRIGGER_SECRET_KEY is not set/) as string,
    });
    expect(await said(fake, {}, { TRIGGER_API_URL: 'http://127.0.0.1:1' })).toEqual({
      engine: expect.stringMatching(/^fail: .*: not reached: /) as string,
    });
    expect(await said(fake, {}, { TRIGGER_API_URL: 'https://trigger.example.org' })).toEqual({
      engine: expect.stringContaining('cannot reach a runner') as string,
    });
  });
});
