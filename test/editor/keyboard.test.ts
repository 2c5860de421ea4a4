import { expect, test } from 'vitest';
import { automating } from './keyboard/automating.ts';
import { commenting } from './keyboard/commenting.ts';
import { deciding } from './keyboard/deciding.ts';
import { delegating } from './keyboard/delegating.ts';
import { finishing } from './keyboard/finishing.ts';
import { looking, settingUp } from './keyboard/looking.ts';
import { reviewing } from './keyboard/reviewing.ts';
import { puttingAway, steering } from './keyboard/steering.ts';
import { titles } from './keyboard/titles.ts';

/** Each group is driven in one of the files beside this. */
const groups = [
  steering,
  looking,
  puttingAway,
  deciding,
  reviewing,
  commenting,
  finishing,
  delegating,
  automating,
  settingUp,
];

test('each command that the extension contributes has a way by keyboard alone', () => {
  expect(groups.flatMap((ways) => Object.keys(ways)).toSorted()).toEqual([...titles.keys()].toSorted());
});
