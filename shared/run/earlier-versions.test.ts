import { expect, test } from 'vitest';
import { upgraded } from './earlier-versions.ts';
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

test.each([...controlEvents, ...workerEvents].map(({ shape }) => [shape.type.value, shape.v.value] as const))(
  'an event %s of each version up to %d is read as one of that',
  (type, current) => {
    for (let v = 1; v <= current; v += 1) expect(upgraded({ type, v })).toMatchObject({ type, v: current });
  },
);
