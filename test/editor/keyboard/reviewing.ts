import { tab, type Ways } from './hands.ts';
import { cursorIn, fileRow, openFile, said, toFirst } from './left.ts';
import { treeItem } from '../steps.ts';

/** What a person does with the changes of *Decide me*. */
export const reviewing: Ways = {
  'longhaul.review': async (hands) => {
    await hands.call('longhaul.review');
    await hands.keys.pick('Which result do you want to review?', 'Decide me');
    await hands.page.locator('.multiDiffEditor :focus').first().waitFor({ state: 'attached' });
    await said(hands, 0, 0);
  },
  'longhaul.review.openFile': openFile,
  'longhaul.review.nextHunk': async (hands) => {
    await toFirst(hands);
    await hands.keys.press('Control+K', 'j');
    await cursorIn(hands, 3);
  },
  'longhaul.review.previousHunk': async (hands) => {
    await toFirst(hands);
    await hands.keys.press('Control+K', 'j');
    await cursorIn(hands, 3);
    await hands.keys.press('Control+K', 'k');
    await cursorIn(hands, 1);
  },
  'longhaul.review.acceptHunk': async (hands) => {
    await toFirst(hands);
    await hands.keys.press('Control+K', 'y');
    await said(hands, 1, 0);
    // On to the next one.
    await cursorIn(hands, 3);
    await hands.keys.menu(/^Accept Change/);
    await said(hands, 2, 0);
  },
  'longhaul.review.rejectHunk': async (hands) => {
    await toFirst(hands);
    await hands.keys.press('Control+K', 'n');
    await said(hands, 1, 1);
    await cursorIn(hands, 3);
    await hands.keys.menu(/^Reject Change/);
    await said(hands, 0, 2);
  },
  'longhaul.review.undecideHunk': async (hands) => {
    await toFirst(hands);
    await hands.call('longhaul.review.undecideHunk');
    await said(hands, 0, 1);
  },
  'longhaul.review.undecideFile': async (hands) => {
    await toFirst(hands);
    await hands.call('longhaul.review.undecideFile');
    await said(hands, 0, 0);
  },
  'longhaul.review.acceptFile': async (hands) => {
    await toFirst(hands);
    await hands.call('longhaul.review.acceptFile');
    await said(hands, 3, 0);
    await fileRow(hands);
    await hands.keys.menu(/^Undo Choice on File/);
    await said(hands, 0, 0);
  },
  'longhaul.review.rejectFile': async (hands) => {
    await fileRow(hands);
    await hands.keys.menu(/^Reject File/);
    await said(hands, 0, 3);
    await hands.keys.menu(/^Undo Choice on File/);
    await said(hands, 0, 0);
  },
  'longhaul.review.markReviewed': async (hands) => {
    await fileRow(hands);
    await hands.keys.menu(/^Mark as Reviewed/);
    await treeItem(hands.page, /^left\.txt, modified, .*, reviewed/).waitFor();
  },
  'longhaul.review.unmarkReviewed': async (hands) => {
    await fileRow(hands);
    await hands.keys.menu(/^Mark as Not Reviewed/);
    await treeItem(hands.page, /^left\.txt, modified, .*, reviewed/).waitFor({ state: 'hidden' });
  },
  'longhaul.review.toggleReviewed': async (hands) => {
    await toFirst(hands);
    await hands.keys.press('Control+K', 'v');
    await treeItem(hands.page, /^left\.txt, modified, .*, reviewed/).waitFor();
  },
  'longhaul.review.acceptAll': async (hands) => {
    await toFirst(hands);
    await hands.call('longhaul.review.acceptAll');
    await said(hands, 3, 0);
  },
  'longhaul.review.undoAll': async (hands) => {
    await hands.call('longhaul.review.undoAll');
    await said(hands, 0, 0);
  },
  'longhaul.review.rejectAll': async (hands) => {
    await hands.call('longhaul.review.rejectAll');
    await said(hands, 0, 3);
  },
  'longhaul.review.undoAll.ofView': async (hands) => {
    await hands.keys.title('Review', /^Undo Accept All/);
    await said(hands, 0, 0);
  },
  'longhaul.review.acceptAll.ofView': async (hands) => {
    await hands.keys.title('Review', /^Accept All Changes/);
    await said(hands, 3, 0);
  },
  'longhaul.review.rejectAll.ofView': async (hands) => {
    await hands.keys.title('Review', /^Reject All Changes/);
    await said(hands, 0, 3);
  },
  'longhaul.openWhatTheAgentHas': async ({ keys, page }) => {
    await keys.palette('File: Focus on Files Explorer');
    const files = page.locator('.explorer-folders-view');
    await files.locator('.monaco-list:focus').waitFor();
    await keys.rowOf(files, /^left\.txt/);
    await keys.menu(/^Open What the Agent Has/);
    await tab(page, /^left\.txt \(round 1\)/);
  },
};
