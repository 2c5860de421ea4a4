import { expect, test } from 'vitest';
import { loadConfig, type RunnerConfig } from './config.ts';
import type { Flags } from './settings.ts';
import { differences, servedWith } from './served.ts';

const configOf = async (flags: Flags, env: Record<string, string>): Promise<RunnerConfig> => {
  const loaded = await loadConfig({ flags, env, file: '/nowhere/config.yaml' });
  if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join());
  return loaded.config;
};
const served = async (flags: Flags, env: Record<string, string> = {}) =>
  servedWith(await configOf(flags, env), { flags, env });

test('what was told by flags is on record as it was; what may be a secret is not', async () => {
  const url = 'postgres://longhaul:hunter2@127.0.0.1/longhaul';
  const record = await served(
    { 'engine.kind': 'embedded', 'server.port': '4870' },
    { LONGHAUL_DATABASE_URL: url, OPENAI_API_KEY: 'sk-secret', LONGHAUL_MODEL: 'some' },
  );
  expect(record.flags).toEqual(['--engine', 'embedded', '--port', '4870']);
  expect(record.settings.map(({ path, by }) => `${path} by ${by}`)).toEqual([
    'model.name by LONGHAUL_MODEL',
    'store.url by LONGHAUL_DATABASE_URL',
    'engine.kind by --engine',
    'server.port by --port',
  ]);
  expect(JSON.stringify(record)).not.toMatch(/hunter2|sk-secret/);
});

test('a runner is another one where one of these is; what was not told then may be what it is', async () => {
  const record = await served(
    { 'engine.kind': 'trigger' },
    { LONGHAUL_DATABASE_URL: 'postgres://a:b@127.0.0.1/longhaul', LONGHAUL_MODEL: 'some' },
  );
  expect(differences(record, await configOf({}, { LONGHAUL_MODEL: 'some' }))).toEqual([
    'store.url (LONGHAUL_DATABASE_URL)',
    'engine.kind trigger (--engine), not embedded',
  ]);
  const same = { LONGHAUL_DATABASE_URL: 'postgres://a:b@127.0.0.1/longhaul', LONGHAUL_ENGINE: 'trigger' };
  expect(differences(record, await configOf({}, { ...same, LONGHAUL_MODEL: 'some', LONGHAUL_WORKERS: '3' }))).toEqual(
    [],
  );
  expect(differences(await served({}), await configOf({}, { LONGHAUL_WORKERS: '3' }))).toEqual([]);
});
