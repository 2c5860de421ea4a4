import { expect } from 'vitest';
import type { ListedTrigger } from '../../../shared/api/triggers.ts';
import { quickStep, treeItem, webview } from '../steps.ts';
import { is, pageInFront, tab, type Hands, type Ways } from './hands.ts';

const which = 'Longhaul: Which Automation?';

const stands = async ({ place }: Hands, standing: ListedTrigger['standing']): Promise<void> => {
  const api = await place.api();
  const { repository } = place;
  const of = async () => (await api.triggers.show.query({ repository, name: 'yearly' })).trigger.standing;
  await expect.poll(of).toBe(standing);
};

/** What a person does about what begins runs by itself. */
export const automating: Ways = {
  'longhaul.newAutomation': async ({ call, keys, page, place }) => {
    await call('longhaul.newAutomation');
    await keys.pick('What Begins It?', 'An issue gets a label');
    await quickStep(page, 'An issue gets a label');
    await keys.press('Enter');
    await keys.pick('By Which Recipe?', 'fix-failing-test');
    await quickStep(page, 'What Shall the Agent Do?');
    await keys.type('Mend it.');
    await keys.press('Enter');
    await quickStep(page, 'What Is It Called?');
    await keys.press('Enter');
    await keys.pick('New Automation', 'Create');
    await tab(page, /^fix-failing-test-issue-labeled\.yaml/);
    const file = '.longhaul/triggers/fix-failing-test-issue-labeled.yaml';
    expect(await place.read(file)).toContain('label: agent');
  },
  'longhaul.refreshAutomations': async ({ call, keys, page }) => {
    await keys.palette('Longhaul: Focus on Automations View');
    await treeItem(page, /^Automation yearly: off/).waitFor();
    await call('longhaul.refreshAutomations');
    await treeItem(page, /^Automation yearly: off/).waitFor();
  },
  'longhaul.enableAutomation': async (hands) => {
    await hands.call('longhaul.enableAutomation');
    await hands.keys.pick(which, 'yearly');
    await hands.keys.answer('Have yearly begin runs by itself?', /^Enable$/);
    await stands(hands, 'on');
  },
  'longhaul.runAutomation': async ({ call, keys, run }) => {
    await call('longhaul.runAutomation');
    await keys.pick(which, 'yearly');
    await run('[nothing] Look each year', is('completed'));
  },
  'longhaul.showFirings': async ({ call, keys, page }) => {
    await call('longhaul.showFirings');
    await keys.pick(which, 'yearly');
    await keys.pick('Firings of yearly');
    await webview(page)
      .getByRole('heading', { name: /Look each year/ })
      .first()
      .waitFor();
    await pageInFront(page);
  },
  'longhaul.openAutomation': async ({ call, keys, page }) => {
    await call('longhaul.openAutomation');
    await keys.pick(which, 'yearly');
    await tab(page, /^yearly\.yaml/);
  },
  'longhaul.pauseAutomation': async (hands) => {
    await hands.keys.row('Automations', /^Automation yearly: on/);
    await hands.keys.menu(/^Pause/);
    await stands(hands, 'paused');
  },
};
