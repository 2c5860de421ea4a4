import { expect, test } from 'vitest';
import { secretsIn } from './secrets.ts';

test('every credential that trigger dev gives its tasks, or leaves them from its shell, is a secret', () => {
  const env = {
    TRIGGER_SECRET_KEY: 'tr_dev_key',
    TRIGGER_ACCESS_TOKEN: 'tr_pat_token',
    TRIGGER_RUN_TOKEN: undefined,
    TRIGGER_JWT: 'a.jwt',
    TRIGGER_API_URL: 'https://trigger.example.org',
    TRIGGER_PROJECT_REF: 'proj_1',
  };
  expect(secretsIn(env)).toEqual(['tr_dev_key', 'tr_pat_token', 'a.jwt']);
  expect(secretsIn({ TRIGGER_SECRET_KEY: '' })).toEqual([]);
});
