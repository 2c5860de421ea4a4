import { expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

/** It prints, and stands still until somebody ends it. */
const command = "printf 'one\\ntwo\\nhalf a line'; sleep 300";
const unfinished = '[a line of 11 characters by now, not at its end yet]';
const script = scripted([calls('bash', { command, timeoutSeconds: 300, network: null })]);

test('what a command has printed is there for whoever looks on while it runs, and gone when it is over', async () => {
  await using rig = await Rig.start({ script });
  const repository = await repositoryWith({ 'readme.txt': 'A log.\n' });
  const { id } = await rig.delegate({ goal: 'Wait', verification: [], repository });
  const output = () => rig.api.runs.printed.query({ run: id });
  await expect.poll(output, { timeout: 60_000 }).toBe(`one\ntwo\n${unfinished}\n`);
  const shown = await rig.cli(['show', '1']);
  expect(shown.stdout).toContain(`Printed so far\n  one\n  two\n  ${unfinished}\n`);
  expect(JSON.parse((await rig.cli(['show', '1', '--json'])).stdout)).toMatchObject({
    output: null,
    printed: `one\ntwo\n${unfinished}\n`,
  });
  await rig.api.runs.cancel.mutate({ run: id, reason: 'Seen' });
  await rig.settled(id, ({ status }) => status === 'cancelled');
  expect(await output()).toBe(null);
});
