import { lens, quickStep, webview } from '../steps.ts';
import { is, pageInFront, recorded, tab, type Ways } from './hands.ts';

const asked = 'Longhaul: Decide';

export const deciding: Ways = {
  'longhaul.openDecision': async ({ call, keys, page }) => {
    await call('longhaul.openDecision');
    await keys.pick('Longhaul: Open Approval', 'Approve me');
    await webview(page).getByText('record.js').first().waitFor();
    await pageInFront(page);
  },
  'longhaul.openChangesSoFar': async ({ keys, page }) => {
    await keys.row('Needs You', /^Decision: .*See what I did/);
    await keys.menu(/^Open Changes So Far/);
    await page.locator('.multiDiffEditor :focus').first().waitFor({ state: 'attached' });
  },
  'longhaul.openProposal': async ({ call, page }) => {
    await call('longhaul.openProposal');
    await tab(page, /README\.md/);
  },
  'longhaul.approve': async ({ call, keys, run }) => {
    await call('longhaul.approve');
    await keys.pick(asked, 'Approve me');
    await keys.answer('record.js', /^Approve$/);
    await run('[ask] Approve me', is('completed'));
  },
  'longhaul.editAndApprove': async ({ call, keys, page }) => {
    await call('longhaul.editAndApprove');
    await keys.pick(asked, 'Edit me');
    await lens(page, 'Approve with This Command').first().waitFor();
  },
  'longhaul.editAllArguments': async ({ call, page }) => {
    await call('longhaul.editAllArguments');
    await lens(page, 'Approve with These Arguments').first().waitFor();
  },
  'longhaul.approveEdited': async ({ call, run }) => {
    await call('longhaul.approveEdited');
    await run('[ask] Edit me', is('completed'));
  },
  'longhaul.reject': async (hands) => {
    await hands.call('longhaul.reject');
    await hands.keys.pick(asked, 'Reject me');
    await quickStep(hands.page, /^Reject: /);
    await hands.keys.press('Enter');
    await recorded(hands, '[ask] Reject me', 'decision.made');
  },
  'longhaul.renew': async (hands) => {
    await hands.call('longhaul.renew');
    await hands.keys.pick(asked, 'Renew me');
    await recorded(hands, '[ask] Renew me', 'decision.renewed');
  },
  'longhaul.answer': async ({ call, keys, run }) => {
    await call('longhaul.answer');
    await keys.pick(asked, 'Round up');
    await keys.pick('Round up or down?', 'Down');
    await run('[question] Answer me', is('completed'));
  },
};
