import { expect, test } from 'vitest';
import { openDecisions } from '../../shared/run/state.ts';
import { scenarioInput, scenarioRepository, script } from '../chaos/scenario.ts';
import { startTriggerRig } from '../harness/trigger.ts';

test('on a server without checkpoints runs that wait take no place: with one worker a second one works, and the first goes on', async () => {
  await using world = await startTriggerRig({
    script,
    waits: 'token',
    checkpoints: false,
    env: { LONGHAUL_WORKERS: '1' },
  });
  const { rig, fake } = world;
  const repository = await scenarioRepository();
  const runs = [];
  for (let each = 0; each < 2; each += 1) {
    const { id } = await rig.delegate({ ...scenarioInput, repository });
    runs.push(await rig.settled(id, ({ status }) => status === 'waiting'));
  }
  expect(fake.world.runs.map(({ status }) => status)).toEqual(['EXECUTING', 'EXECUTING']);
  const [first] = runs;
  for (const { request } of openDecisions(first!))
    await rig.api.decisions.decide.mutate({
      run: first!.id,
      decision: request.id,
      hash: request.hash,
      verdict: { kind: 'approved' },
    });
  const { status } = await rig.settled(first!.id, (state) => state.status === 'reviewing' || state.status === 'failed');
  // Its own task took it up: no third one was started.
  expect({ status, tasks: fake.world.runs.length }).toEqual({ status: 'reviewing', tasks: 2 });
});
