import { quickStep } from '../steps.ts';
import { is, recorded, type Hands, type Ways } from './hands.ts';

const which = 'Longhaul: Which Run?';

/** Begins a run whose agent waits for its model until it may go on. */
const working = async ({ place, delegate }: Hands, goal: string): Promise<() => void> => {
  const gate = place.model.hold(goal, 1);
  await delegate(goal);
  await gate.reached;
  return () => gate.open();
};

/** What a person does about a run that is at work, or over. */
export const steering: Ways = {
  'longhaul.sendMessage': async (hands) => {
    const goOn = await working(hands, '[line] Tell me');
    await hands.call('longhaul.sendMessage');
    await hands.keys.pick(which, 'Tell me');
    await quickStep(hands.page, 'Message to the agent of');
    await hands.keys.type('Well done.');
    await hands.keys.press('Enter');
    await recorded(hands, '[line] Tell me', 'message.sent');
    goOn();
  },
  'longhaul.pauseRun': async (hands) => {
    const goOn = await working(hands, '[line] Pause me');
    await hands.call('longhaul.pauseRun');
    await hands.keys.pick(which, 'Pause me');
    await recorded(hands, '[line] Pause me', 'pause.requested');
    goOn();
    await hands.run('[line] Pause me', is('waiting'));
  },
  'longhaul.unpauseRun': async ({ call, keys, run }) => {
    await call('longhaul.unpauseRun');
    await keys.pick(which, 'Pause me');
    await run('[line] Pause me', is('reviewing'));
  },
  'longhaul.cancelRun': async ({ call, keys, run }) => {
    await call('longhaul.cancelRun');
    await keys.pick(which, 'Stop me');
    await keys.answer('[line] Stop me (round 1)?', /^Cancel Run$/);
    await run('[line] Stop me', is('cancelled'));
  },
  'longhaul.resumeRun': async ({ call, keys, run }) => {
    await call('longhaul.resumeRun');
    await keys.pick(which, 'Stop me');
    await run('[line] Stop me', is('reviewing'));
  },
};

/** What a person does with a run that is over. */
export const puttingAway: Ways = {
  'longhaul.archiveRun': async ({ call, keys, place }) => {
    await call('longhaul.archiveRun');
    await keys.pick(which, 'Put me away');
    await place.listed((runs) => runs.every(({ task }) => task.title !== '[nothing] Put me away'));
  },
  'longhaul.unarchiveRun': async ({ call, keys, place }) => {
    await call('longhaul.unarchiveRun');
    await keys.pick(which, 'Put me away');
    await place.listed((runs) => runs.some(({ task }) => task.title === '[nothing] Put me away'));
  },
  'longhaul.deleteRun': async ({ call, keys, place }) => {
    await call('longhaul.deleteRun');
    await keys.pick(which, 'Put me away');
    await keys.answer('Delete run', /^Delete for Good$/);
    await place.listed((runs) => runs.every(({ task }) => task.title !== '[nothing] Put me away'));
  },
};
