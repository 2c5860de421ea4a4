import { expect, test } from 'vitest';
import { workerName } from './worker-name.ts';

test.each([
  ['namespaces', null, 'child 7'],
  ['container', 'open', 'child 7 (isolation container, network said to be open)'],
  ['container', null, 'child 7 (isolation container)'],
  ['e2b', 'open', 'child 7 (isolation e2b)'],
] as const)('with isolation %s and network %s it is recorded as %s', (kind, containerNetwork, expected) => {
  expect(workerName('child 7', { isolation: { kind, containerNetwork, image: null } })).toBe(expected);
});
