import assert from 'node:assert/strict';
import { connectionTests } from './connection-tests.ts';
import type { Name } from './names.ts';
import { reviewTests } from './review-tests.ts';
import { extension, longhaul } from './world.ts';

type Note = (text: string) => void;
export type Test = (note: Note) => Promise<void>;

export const tests: Readonly<Record<Name, Test>> = {
  'activating reaches for no runner': async (note) => {
    const began = performance.now();
    await extension().activate();
    note(`activated in ${(performance.now() - began).toFixed(0)} ms, with the way to the window and back`);
    assert.equal((await longhaul()).connection.state.status, 'idle');
  },

  ...reviewTests,
  ...connectionTests,
};
