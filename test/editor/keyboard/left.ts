import type { Locator } from 'playwright-core';
import { comes, lens } from '../steps.ts';
import { tab, type Hands } from './hands.ts';

/** The review of *Decide me*, that of three lines of left.txt: the first, the third and the fifth. */

/** Waits until the view says so of its three changes. */
export const said = ({ page }: Hands, accepted: number, rejected: number): Promise<void> =>
  page
    .getByText(`${accepted} accepted, ${rejected} rejected, ${3 - accepted - rejected} undecided`)
    .first()
    .waitFor();

const cursorAt = ({ page }: Hands, line: number): Locator =>
  page.locator('.statusbar-item').getByText(`Ln ${line}, Col`);

/** Waits until the cursor is in this line. */
export const cursorIn = (hands: Hands, line: number): Promise<void> => cursorAt(hands, line).waitFor();

export const fileRow = ({ keys }: Hands): Promise<void> => keys.row('Review', /^left\.txt, modified/);

/** Not the text of a comment, which is shown between its lines. */
const diffWithFocus = '.editor.modified .native-edit-context:focus:not(.review-widget *)';

/** Shows the diff of the file. */
export const openFile = async (hands: Hands): Promise<void> => {
  const { keys, page } = hands;
  await fileRow(hands);
  await keys.press('Enter');
  await tab(page, /^left\.txt \(round 1\)/);
  await lens(page, 'Change 1 of 3').first().waitFor();
  await page.locator(diffWithFocus).waitFor({ state: 'attached' });
};

/** Goes to the first change in the diff of the file, which is opened where it is not in front. */
export const toFirst = async (hands: Hands): Promise<void> => {
  const { keys, page } = hands;
  const inFront = page.getByRole('tab', { name: /^left\.txt \(round 1\)/, selected: true });
  if ((await inFront.count()) === 0) await openFile(hands);
  // A view that opens just then may take the focus.
  for (let attempt = 0; attempt < 10; attempt += 1) {
    if ((await page.locator(diffWithFocus).count()) === 0) {
      await keys.palette('View: Focus Active Editor Group');
      await page.locator(diffWithFocus).waitFor({ state: 'attached' });
    }
    await keys.press('Control+Home');
    if (await comes(cursorAt(hands, 1))) return;
  }
  throw new Error('the cursor does not come to the first line');
};
