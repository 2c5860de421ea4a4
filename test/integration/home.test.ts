import { expect, test } from 'vitest';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const bash = (command: string) => calls('bash', { command, timeoutSeconds: null, network: null });
const lastCall = ({ entries }: Asked): string => entries.findLast(({ by }) => by === 'call')?.call ?? '';

test('what setup leaves in the home is there for the agent and for verification, which gets it from its own setup, within the quota', async () => {
  await using rig = await Rig.start({
    script: scripted([
      bash('cat ~/.cache/dep && echo mine >> ~/.cache/dep && echo "exit 7" > ~/.profile'),
      bash('cat ~/.cache/dep && echo done >> notes.txt'),
      bash('head -c 200M /dev/zero > ~/large; sleep 5'),
      bash('rm -f ~/large; du -s ~ | cut -f1'),
      (asked) => calls('finish', { summary: 'Done.', claims: [{ text: 'It ran', calls: [lastCall(asked)] }] }),
    ]),
    config: { sandbox: { workspaceBytes: 100 * 2 ** 20 } },
  });
  const repository = await repositoryWith({ 'notes.txt': 'begin\n' });
  const { id } = await rig.delegate({
    goal: 'Write.',
    repository,
    setup: [{ command: 'mkdir -p ~/.cache && echo dep > ~/.cache/dep', network: [], timeoutSeconds: 60 }],
    verification: [{ command: 'ls -A ~ && cat ~/.cache/dep notes.txt', network: [], timeoutSeconds: 60 }],
  });
  const state = await rig.settled(id, ({ status }) => status === 'reviewing' || status === 'waiting');
  expect(state.status).toBe('reviewing');
  const events = await rig.events(id);
  const outputs = events.flatMap(({ body }) =>
    body.type === 'call.finished' ? [`${body.exitCode ?? body.outcome}: ${body.output.split('\n')[1]}`] : [],
  );
  expect(outputs.slice(0, 2)).toEqual(['0: dep', '0: dep']);
  expect(outputs[2]).toMatch(/^error: /);
  expect(outputs[3]).toMatch(/^0: \d{1,4}$/);
  const shown = events.flatMap(({ body }) => (body.type === 'verification.finished' ? [body.output] : []));
  expect(shown).toEqual(['.cache\ndep\nbegin\ndone\n']);
});
