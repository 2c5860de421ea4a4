import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { treeItem } from '../steps.ts';
import { begin, type Beginning } from './begin.ts';
import type { Hands, Ways } from './hands.ts';

/** A test for each command, by keys alone, in a workbench of their own that begins so. */
export const driven = (ways: Ways, beginning: Beginning): void => {
  const things = new AsyncDisposableStack();
  let hands: Hands;
  beforeAll(async () => {
    hands = await begin(things, beginning);
    await hands.keys.palette('Longhaul: Show What Needs You');
    await treeItem(hands.page, /^Run \d+, /)
      .first()
      .waitFor();
  });
  afterAll(() => things.disposeAsync());
  beforeEach(() => hands.keys.clear());

  test.each(Object.entries(ways))('%s', async (_command, way) => {
    await way(hands);
    expect(await hands.keys.mice()).toBe(0);
  });
};
