import assert from 'node:assert/strict';
import { connectionTests } from './connection-tests.ts';
import type { Name } from './names.ts';
import { reviewTests } from './review-tests.ts';
import { extension, longhaul } from './world.ts';

type Note = (text: string) => void;
export type Test = (note: Note) => Promise<void>;

export const tests: Readonly<Record<Name, Test>> = {
  'activating loads and reads nothing that is not used yet': async () => {
    const { loaded } = await extension().activate();
    assert.equal(loaded(), false);
    assert.equal((await longhaul()).connection.state.status, 'idle');
  },

  ...reviewTests,
  ...connectionTests,
};
