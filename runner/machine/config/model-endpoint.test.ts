import { describe, expect, test } from 'vitest';
import { endpointOf, refusedMove, type ModelEndpoint } from './model-endpoint.ts';

const at = (baseUrl: string, api: 'responses' | 'chat' | 'anthropic' = 'responses') => endpointOf({ api, baseUrl });
const local = at('http://127.0.0.1:11434/v1');
const openai = at('https://api.openai.com/v1');

describe('a runner that a command starts', () => {
  test.each([
    ['with the same endpoint', { from: local, to: local, open: 3 }],
    ['with the same one, written otherwise', { from: local, to: at('HTTP://127.0.0.1:11434/v1/'), open: 3 }],
    ['with another one, where no run is open', { from: local, to: openai, open: 0 }],
  ])('may begin %s', (_name, move) => {
    expect(refusedMove(move)).toBeNull();
  });

  test.for<[string, ModelEndpoint, ModelEndpoint, string]>([
    ['address', local, openai, 'set OPENAI_BASE_URL=http://127.0.0.1:11434/v1 and do this again.'],
    ['API', local, at('http://127.0.0.1:11434/v1', 'chat'), 'set LONGHAUL_API=responses and do this again.'],
    [
      'API and address',
      at('https://api.anthropic.com/v1', 'anthropic'),
      openai,
      'set LONGHAUL_API=anthropic ANTHROPIC_BASE_URL=https://api.anthropic.com/v1 and do this again.',
    ],
    [
      'query, which may be a secret',
      at('https://models.example/v1?key=hunter2'),
      at('https://models.example/v1'),
      'set OPENAI_BASE_URL to what was https://models.example/v1 with its credentials or query, and do this again.',
    ],
    [
      'user, which is a secret',
      at('https://me:hunter2@models.example/v1'),
      at('https://models.example/v1'),
      'set OPENAI_BASE_URL to what was https://models.example/v1 with its credentials or query, and do this again.',
    ],
  ])('does not with another %s while runs are open', ([, from, to, remedy]) => {
    const refusal = refusedMove({ from, to, open: 2 });
    expect(refusal?.remedy).toBe(
      `Start it as it was: ${remedy}\nOr have it as this shell and config.yaml say: longhaul serve --detach`,
    );
    expect(refusal?.message).toMatch(/ 2 runs in it are not over\. /);
    expect(JSON.stringify([from, refusal?.message, refusal?.remedy])).not.toContain('hunter2');
  });
});
