import { expect, test } from 'vitest';
import { runnerEnvironment } from './environment.ts';

test("the runner gets this window's environment without what is VS Code's, the key, and what was set", () => {
  const env = {
    PATH: '/bin',
    NODE_OPTIONS: '--inspect',
    VSCODE_PID: '1',
    ELECTRON_NO_ASAR: '1',
    OPENAI_API_KEY: 'old',
  };
  expect(
    runnerEnvironment({ env, settings: { model: 'm', baseUrl: 'http://x/v1' }, modelKey: 'new', ripgrep: '/rg' }),
  ).toEqual({
    PATH: '/bin',
    ELECTRON_RUN_AS_NODE: '1',
    LONGHAUL_MODEL: 'm',
    OPENAI_BASE_URL: 'http://x/v1',
    ANTHROPIC_BASE_URL: 'http://x/v1',
    OPENAI_API_KEY: 'new',
    ANTHROPIC_API_KEY: 'new',
    LONGHAUL_RIPGREP: '/rg',
  });
  expect(
    runnerEnvironment({ env, settings: { model: '', baseUrl: '' }, modelKey: undefined, ripgrep: undefined }),
  ).toEqual({ PATH: '/bin', ELECTRON_RUN_AS_NODE: '1', OPENAI_API_KEY: 'old' });
});
