import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { gitIn } from '../../harness/repository.ts';
import { lens, notification, quickStep } from '../steps.ts';
import { is, tab, type Hands, type Ways } from './hands.ts';

const changed = async ({ place }: Hands, files: string): Promise<void> =>
  expect.poll(() => gitIn(place.repository, 'status', '--porcelain')).toBe(files);

/** Shows a result, which is then in front. */
const show = async ({ call, keys, page }: Hands, title: string, round = 1): Promise<void> => {
  await call('longhaul.review');
  await keys.pick('Which result do you want to review?', title);
  await page.getByRole('tab', { name: `${title} (round ${round})`, selected: true }).waitFor();
  await lens(page, 'Change 1 of').first().waitFor();
};

/** What agents read is looked at closely before it is applied. */
const closer = ({ keys }: Hands): Promise<void> => keys.answer('needs a closer look', /^Apply$/);

const onBranch = async (hands: Hands, title: RegExp, name: string): Promise<void> => {
  const { keys, page, place } = hands;
  await closer(hands);
  await quickStep(page, title);
  await keys.press('Control+A');
  await keys.type(name);
  await keys.press('Enter');
  if (title.source.includes('Worktree')) {
    await quickStep(page, 'checked out in this folder');
    await keys.press('Enter');
  }
  await expect.poll(() => gitIn(place.repository, 'branch', '--list', name)).toContain(name);
};
const branch = /Apply as a New Branch/;
const worktree = /Apply in a New Worktree/;

/** What becomes of a result: of *Take me* all that leaves it under review first. */
export const finishing: Ways = {
  'longhaul.applyAccepted': async (hands) => {
    const { call, keys } = hands;
    await keys.palette('View: Close All Editors');
    await call('longhaul.applyAccepted');
    await keys.pick('Apply the result of which run?', 'Take me');
    await keys.answer('undecided', /^Accept All and Apply$/);
    await closer(hands);
    await changed(hands, ' M README.md\n');
  },
  'longhaul.undoApply': async (hands) => {
    await hands.call('longhaul.undoApply');
    await hands.keys.pick('Take the application of which run back?', 'Take me');
    await changed(hands, '');
  },
  'longhaul.applyAccepted.ofView': async (hands) => {
    await show(hands, 'Take me');
    await hands.keys.title('Review', /^Apply Accepted Changes/);
    await closer(hands);
    await changed(hands, ' M README.md\n');
  },
  'longhaul.undoApply.ofView': async (hands) => {
    await hands.keys.title('Review', /^Undo Last Application/);
    await changed(hands, '');
  },
  'longhaul.applyAsBranch': async (hands) => {
    await hands.call('longhaul.applyAsBranch');
    await onBranch(hands, branch, 'one');
  },
  'longhaul.applyAsBranch.ofView': async (hands) => {
    await hands.keys.title('Review', /^Apply as New Branch/);
    await onBranch(hands, branch, 'two');
  },
  'longhaul.applyInWorktree': async (hands) => {
    await hands.call('longhaul.applyInWorktree');
    await onBranch(hands, worktree, 'three');
    await expect.poll(() => existsSync(`${hands.place.repository}-three/README.md`)).toBe(true);
  },
  'longhaul.applyInWorktree.ofView': async (hands) => {
    await hands.keys.title('Review', /^Apply in New Worktree/);
    await onBranch(hands, worktree, 'four');
    await expect.poll(() => existsSync(`${hands.place.repository}-four/README.md`)).toBe(true);
  },
  'longhaul.createPullRequest': async ({ call, keys, page }) => {
    await call('longhaul.createPullRequest');
    await keys.pick('Publish the result of which run?', 'Take me');
    await keys.pick('Take me');
    await notification(page, 'is pull request 1.').waitFor();
  },
  'longhaul.publish': async ({ call, github, keys, place }) => {
    if (github === null) throw new Error('its runner publishes nowhere');
    const { issues } = await github.as('ada');
    const { data } = await issues.create({ owner: 'acme', repo: 'shop', title: 'When?', body: 'Please say.' });
    const about = `${github.webUrl}/issues/${data.number}`;
    await place.delegate('[answers] When?', '--recipe', 'answer-issue', '--about', about);
    await place.settled(({ task, status }) => task.recipe === 'answer-issue' && status === 'reviewing');
    await call('longhaul.publish');
    await keys.pick('Publish what was written in which run?');
    await keys.answer(`comment on issue ${data.number}`, /^Publish$/);
    await place.settled(({ status }) => status === 'accepted');
  },
  'longhaul.requestChanges': async (hands) => {
    const { call, keys, page, run } = hands;
    await keys.palette('View: Close All Editors');
    await call('longhaul.requestChanges');
    await keys.pick('Request changes of which run?', 'Take me');
    await quickStep(page, 'Request Changes');
    await keys.type('Say up, too.');
    await keys.press('Enter');
    await run('[line] Take me', ({ status, round }) => status === 'reviewing' && round === 2);
  },
  'longhaul.review.compareRounds': async ({ call, keys, page }) => {
    await call('longhaul.review.compareRounds');
    await keys.pick('Rounds of which run?', 'Take me');
    await tab(page, /Take me .*rounds? 1/);
  },
  'longhaul.review.compareRounds.ofView': async (hands) => {
    await hands.keys.palette('View: Close All Editors');
    await show(hands, 'Take me', 2);
    await hands.keys.title('Review', /^Compare Rounds/);
    await tab(hands.page, /Take me .*rounds? 1/);
  },
  'longhaul.requestChanges.ofView': async (hands) => {
    await show(hands, 'Change me');
    await hands.keys.title('Review', /^Request Changes/);
    await quickStep(hands.page, 'Request Changes');
    await hands.keys.type('Say up, too.');
    await hands.keys.press('Enter');
    await hands.run('[line] Change me', ({ status, round }) => status === 'reviewing' && round === 2);
  },
  'longhaul.acceptRun.ofView': async (hands) => {
    await show(hands, 'Change me', 2);
    await hands.keys.title('Review', /^Accept Run/);
    await hands.run('[line] Change me', is('accepted'));
  },
  'longhaul.acceptRun': async ({ call, keys, run }) => {
    await keys.palette('View: Close All Editors');
    await call('longhaul.acceptRun');
    await keys.pick('Accept which run?', 'Take me');
    await run('[line] Take me', is('accepted'));
  },
  'longhaul.discardRun': async ({ call, keys, page, run }) => {
    await call('longhaul.discardRun');
    await keys.pick('Discard which run?', 'Leave me');
    await quickStep(page, 'Discard Result');
    await keys.press('Enter');
    await run('[line] Leave me', is('rejected'));
  },
  'longhaul.discardRun.ofView': async (hands) => {
    await show(hands, 'Drop me');
    await hands.keys.title('Review', /^Discard Run/);
    await quickStep(hands.page, 'Discard Result');
    await hands.keys.press('Enter');
    await hands.run('[line] Drop me', is('rejected'));
  },
};
