import assert from 'node:assert/strict';
import { chatTests } from './chat-tests.ts';
import { connectionTests } from './connection-tests.ts';
import type { FigureName, Name } from './names.ts';
import { reviewTests } from './review-tests.ts';
import { scaleTests } from './scale-tests.ts';
import { twoReviewsTests } from './two-reviews-tests.ts';
import { extension, longhaul } from './world.ts';

/** Takes down a figure, in ms. */
type Take = (figure: FigureName, ...ms: readonly number[]) => void;
export type Test = (take: Take) => Promise<void>;

export const tests: Readonly<Record<Name, Test>> = {
  'activating loads and reads nothing that is not used yet': async () => {
    const { loaded } = await extension().activate();
    assert.equal(loaded(), false);
    assert.equal((await longhaul()).connection.state.status, 'idle');
  },

  ...reviewTests,
  ...twoReviewsTests,
  ...scaleTests,
  ...chatTests,
  ...connectionTests,
};
