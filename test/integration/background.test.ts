import { describe, expect, test } from 'vitest';
import { calls, scripted, takesPolls, type Answer, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const firstCall = ({ entries }: Asked): string => entries.find(({ by }) => by === 'call')?.call ?? '';
const work: Answer = calls('bash', { command: 'echo done >> notes.txt', timeoutSeconds: null, network: null });
const script = scripted([
  takesPolls(2, work),
  (asked) => calls('finish', { summary: 'Done.', claims: [{ text: 'It ran', calls: [firstCall(asked)] }] }),
]);

describe('a background response', () => {
  test('outlives the worker that asked for it: the next one fetches it and pays for nothing twice', async () => {
    await using rig = await Rig.start({ script, env: { LONGHAUL_BACKGROUND: 'yes', LONGHAUL_WORKERS: '1' } });
    const repository = await repositoryWith({ 'notes.txt': 'begin\n' });
    const { id } = await rig.delegate({ goal: 'Write it down', repository });
    await rig.event(id, ({ body }) => body.type === 'model.accepted');
    for (const worker of await rig.workers()) process.kill(worker, 'SIGKILL');

    expect(await rig.settled(id, ({ status }) => status === 'reviewing')).toMatchObject({
      status: 'reviewing',
      turn: { number: 2 },
      spent: { turns: 2 },
    });
    const events = (await rig.events(id)).map(({ body }) => body.type);
    expect(events.filter((type) => type === 'activation.lost')).toHaveLength(1);
    expect(events).not.toContain('model.lost');
    const asked = rig.model.journal.filter(({ method, path }) => method === 'POST' && path === '/v1/responses');
    expect(asked).toHaveLength(2);
  });
});
