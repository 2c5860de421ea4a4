import type { Locator } from 'playwright-core';
import type { Hands, Ways } from './hands.ts';
import { cursorIn, toFirst } from './left.ts';

const comment = ({ page }: Hands, text: string | RegExp): Locator =>
  page.locator('.review-widget .review-comment').filter({ hasText: text });

const writing = '.review-widget .native-edit-context:focus';

/** Writes a comment on a line that has none. */
const add = async (hands: Hands, text: string): Promise<void> => {
  const { keys, page } = hands;
  await toFirst(hands);
  await page.locator('.editor.modified .comment-range-glyph').first().waitFor({ state: 'attached' });
  // Whether there can be one at the cursor is looked at when it moves.
  await keys.press('ArrowDown');
  await cursorIn(hands, 2);
  await keys.palette('Comments: Add Comment on Current Selection');
  await page.locator(writing).waitFor({ state: 'attached' });
  await keys.type(text);
  await keys.press('Control+Enter');
  await comment(hands, text).waitFor();
};

/** To the comments on a line of the diff. */
const toThread = async (hands: Hands): Promise<void> => {
  const { keys, page } = hands;
  await toFirst(hands);
  await keys.press('Alt+F9');
  await page.locator('.review-widget').locator('.comments-container:focus, .review-comment:focus').first().waitFor();
};

const edit = async (hands: Hands, more: string): Promise<void> => {
  const { keys, page } = hands;
  await toThread(hands);
  await keys.goTo(/^Edit Comment/);
  await keys.press('Enter');
  await page.locator('.review-widget .edit-container .native-edit-context:focus').waitFor({ state: 'attached' });
  await keys.press('Control+End');
  await keys.type(more);
};

/** Waits until the comments of the line are said to be this. */
const labelled = ({ page }: Hands, label: string): Promise<void> =>
  page.locator('.review-widget').getByText(label).waitFor({ state: 'attached' });

/** Comments in the diff of *Decide me*: one is written, and goes through all that can become of it. */
export const commenting: Ways = {
  'longhaul.review.addComment': (hands) => add(hands, 'Keep it short'),
  'longhaul.review.saveComment': async (hands) => {
    await edit(hands, ' and plain');
    await hands.keys.press('Control+Enter');
    await comment(hands, /Keep it short and plain/).waitFor();
  },
  'longhaul.review.editComment': async (hands) => {
    await edit(hands, ' by all means');
  },
  'longhaul.review.cancelComment': async (hands) => {
    const { keys, page } = hands;
    // Tab is written into a text, unless it is said to move on.
    await keys.press('Control+M');
    await keys.goTo(/^Cancel$/);
    await keys.press('Enter');
    await page.locator('.review-widget .edit-container').waitFor({ state: 'detached' });
    await comment(hands, /by all means/).waitFor({ state: 'detached' });
    await keys.palette('Toggle Tab Key Moves Focus');
  },
  'longhaul.review.resolveComment': async (hands) => {
    await toThread(hands);
    await hands.keys.goTo(/^Leave out of the Next Round/, 'Shift+Tab');
    await hands.keys.press('Enter');
    // The thread is folded then.
    await hands.page.locator('.review-widget').waitFor({ state: 'detached' });
    await toThread(hands);
    await labelled(hands, 'Resolved or sent');
  },
  'longhaul.review.reopenComment': async (hands) => {
    await toThread(hands);
    await hands.keys.goTo(/^Send with the Next Round/, 'Shift+Tab');
    await hands.keys.press('Enter');
    await labelled(hands, 'For the next round');
  },
  'longhaul.review.deleteComment': async (hands) => {
    await toThread(hands);
    await hands.keys.goTo(/^Edit Comment/);
    await hands.keys.press('ArrowRight', 'Enter');
    await comment(hands, 'Keep it short').waitFor({ state: 'detached' });
  },
  'longhaul.review.removeComment': async (hands) => {
    await add(hands, 'Say more');
    await toThread(hands);
    await hands.keys.goTo(/^Leave out of the Next Round/, 'Shift+Tab');
    await hands.keys.press('ArrowRight', 'Enter');
    await comment(hands, 'Say more').waitFor({ state: 'detached' });
  },
};
