import { expect, test } from 'vitest';
import { upgraded, upgrades } from './earlier-versions.ts';
import { controlEvents, workerEvents } from './events.ts';

test('a body goes through every version up to the current one', () => {
  const steps = {
    'a.b 1': (body: object) => ({ ...body, v: 2, more: null }),
    'a.b 2': (body: object) => ({ ...body, v: 3, list: [] }),
  };
  expect(upgraded({ type: 'a.b', v: 1, kept: 'yes' }, steps)).toEqual({
    type: 'a.b',
    v: 3,
    kept: 'yes',
    more: null,
    list: [],
  });
  expect(upgraded({ type: 'a.c', v: 1 }, steps)).toEqual({ type: 'a.c', v: 1 });
});

test('every event whose version was raised says how each earlier one is read', () => {
  const needed = [...controlEvents, ...workerEvents].flatMap(({ shape }) =>
    Array.from({ length: shape.v.value - 1 }, (_, index) => `${shape.type.value} ${index + 1}`),
  );
  expect(Object.keys(upgrades).sort()).toEqual(needed.sort());
});
