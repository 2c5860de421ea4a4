import { expect, test } from 'vitest';
import { statusText } from './status-text.ts';

const url = 'http://127.0.0.1:4870';

test.each([
  [{ status: 'idle' }, { waiting: 0, ended: 0, working: 0 }, { text: '$(rocket) Longhaul', warning: false }],
  [{ status: 'starting' }, { waiting: 3, ended: 1, working: 3 }, { text: '$(loading~spin) Longhaul', warning: false }],
  [
    { status: 'connected', url, local: true, runner: url, version: '1.0.0' },
    { waiting: 0, ended: 0, working: 0 },
    { text: '$(rocket) Longhaul', warning: false },
  ],
  [
    { status: 'connected', url, local: true, runner: url, version: '1.0.0' },
    { waiting: 2, ended: 0, working: 0 },
    { text: '$(rocket) $(bell-dot) 2', warning: false },
  ],
  [
    { status: 'connected', url, local: false, runner: url, version: '1.0.0' },
    { waiting: 2, ended: 3, working: 1 },
    { text: '$(rocket) $(bell-dot) 2 $(flag) 3 $(loading~spin) 1', warning: false },
  ],
  [
    { status: 'offline', reason: 'Gone.', remedy: '' },
    { waiting: 2, ended: 3, working: 1 },
    { text: '$(debug-disconnect) Longhaul offline', warning: true },
  ],
] as const)('%j with %j shows %j', (state, counts, shown) => {
  expect(statusText(state, counts)).toMatchObject(shown);
});
