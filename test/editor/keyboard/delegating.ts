import { lens, quickStep } from '../steps.ts';
import { is, type Hands, type Ways } from './hands.ts';

/** Enter for all that is asked but the goal. */
const goal = async ({ keys, page }: Hands, typed: string): Promise<void> => {
  await quickStep(page, '(1/2)');
  await keys.type(typed);
  await keys.press('Enter');
  await quickStep(page, '(2/2)');
  await keys.press('Enter');
};

export const delegating: Ways = {
  'longhaul.delegate': async (hands) => {
    await hands.keys.press('Control+Alt+L');
    await goal(hands, '[line] By keyboard');
    await hands.run('[line] By keyboard', is('reviewing'));
  },
  'longhaul.delegateGoal': async ({ call, keys, page, run }) => {
    // The text of a document that is in front would be the goal.
    await keys.palette('View: Close All Editors');
    await call('longhaul.delegateGoal');
    await lens(page, 'Delegate This Goal').waitFor();
    await keys.type('[line] Written by keyboard');
    await call('longhaul.delegateGoal');
    await quickStep(page, '(2/2)');
    await keys.press('Enter');
    await run('[line] Written by keyboard', is('reviewing'));
  },
  'longhaul.delegateAgain': async (hands) => {
    await hands.call('longhaul.delegateAgain');
    await hands.keys.pick('Delegate Which Run Again?', 'By keyboard');
    await goal(hands, ' again');
    await hands.run('[line] By keyboard again', is('reviewing'));
  },
  'longhaul.delegateAgainByModel': async (hands) => {
    await hands.call('longhaul.delegateAgainByModel');
    await hands.keys.pick('Delegate Which Run Again?', 'By keyboard again');
    await quickStep(hands.page, 'By which model?');
    await hands.keys.type('another');
    await hands.keys.press('Enter');
    await goal(hands, ' by another');
    await hands.run('[line] By keyboard again by another');
  },
  'longhaul.delegateFailingTest': async (hands) => {
    const { keys, page, place } = hands;
    await keys.palette('View: Close All Editors');
    await keys.palette('Test: Run All Tests');
    const results = page.locator('.test-output-peek-tree');
    await results.locator('.monaco-list-row', { hasText: 'ten apples' }).first().waitFor();
    await keys.palette('Test Results: Focus on Test Results View');
    // VS Code leaves the focus before the view: its list is some steps on.
    await keys.until('Tab', async () => (await results.locator('.monaco-list:focus').count()) > 0);
    // It is called by what it said, not by its name.
    await keys.rowOf(results, /^expected 225, got 250/);
    await keys.menu(/^Delegate to Background Agent/);
    await goal(hands, ' by keyboard');
    const asked = 'Make the failing test "ten apples get a tenth off" in test/cart.test.js:16 pass by keyboard';
    await place.listed((runs) => runs.some(({ task }) => task.goal === asked));
  },
};
