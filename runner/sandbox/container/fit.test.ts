import { expect, test } from 'vitest';
import { judgeLook, leftOpen } from './fit.ts';

test.each([
  ['looked\n', null, null],
  [
    'the environment of process 7\nlooked\n',
    /^commands could reach the environment of process 7$/,
    /keeps users apart/,
  ],
  ['/run/secrets/token\nlooked\n', /reach \/run\/secrets\/token/, /only root/],
  ['capabilities\nlooked\n', /reach capabilities/, /e2b or daytona/],
  ['setpriv: setresuid failed', /^the first command failed: setpriv: setresuid failed$/, /look/],
  ['', /^the first command failed: $/, /look/],
])('what a first command saw, %j, is judged', (output, reason, remedy) => {
  const refusal = {
    outcome: 'refused',
    reason: expect.stringMatching(reason ?? '') as string,
    remedy: expect.stringMatching(remedy ?? '') as string,
  };
  expect(judgeLook(output)).toEqual(reason === null ? null : refusal);
});

test('a network that cannot be cut is among what is left open', () => {
  expect(leftOpen('open').slice(leftOpen('cut').length)).toEqual([
    'the network that the container has; HTTP goes through the proxy if the program keeps to its settings',
  ]);
  expect(leftOpen('none')).toEqual(leftOpen('open'));
});
