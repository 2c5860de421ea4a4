import { expect, test } from 'vitest';
import { triggering } from '../../runner/control/usecases/triggering.ts';
import type { ControlPlane } from '../../runner/control/usecases/plane.ts';
import { definitionsIn } from '../../runner/machine/triggers/definitions.ts';
import { someEvent } from '../fakes/outside-event.ts';
import { repositoryWith } from '../harness/repository.ts';

const file = (says: string) => {
  const text = `${says}\ngoal: Look.\nusdPerDay: 5\n`;
  return { path: 'triggers/costly.yaml', text, bytes: text.length };
};
const row = (repository: string) => ({
  tenant: 'local',
  repository,
  name: 'costly',
  enabled: true,
  by: 'ada',
  origin: 'repository' as const,
  byOwner: true,
  publishes: 'no' as const,
  output: 'diff' as const,
  enabledAt: 0,
  handledAt: 0,
  run: null,
  dueAt: null,
  failures: 0,
  problem: null,
});
const refusal = {
  refusal: { message: expect.stringContaining('the price of new-model at this endpoint is not known') },
};

test('a trigger with a limit in money begins nothing once the repository has taken a model of unknown price', async () => {
  const repository = await repositoryWith({ '.longhaul/config.yaml': 'model: new-model\n' });
  const plane = {
    config: { model: { name: 'known' } },
    priceOf: async (model: string) => (model === 'known' ? { input: 1, output: 1 } : null),
    now: () => 0,
  } as unknown as ControlPlane; // safe: before it refuses it asks for nothing else
  const { beginDue, beginOn } = triggering(plane);
  const [onTime] = definitionsIn([file('schedule: "@daily"')], 'main');
  const [onEvent] = definitionsIn([file('on: { github: issue-opened }')], 'main');
  if (onTime?.outcome !== 'scheduled' || onEvent?.outcome !== 'on event') throw new Error('both can be used');
  await expect(beginDue(row(repository), onTime, 0)).rejects.toMatchObject(refusal);
  const happened = { id: 'x', at: 0, event: someEvent() };
  await expect(beginOn(row(repository), onEvent, happened)).rejects.toMatchObject(refusal);
});
