import { expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { Planes } from '../harness/planes.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const trigger = 'schedule: "* * * * *"\nwhileOpen: begin\nmissed: all\ngoal: Look.\n';
const script = scripted([calls('finish', { summary: 'Nothing to do.', claims: [] })]);

/** For which minutes there are runs, of the runs' own notes, in their order. */
const minutesOf = async ({ api }: Rig): Promise<readonly string[]> => {
  const { runs } = await api.runs.list.query({ limit: 100 });
  const notes = await Promise.all(
    runs.map(async ({ id }) => (await api.runs.get.query({ run: id })).task.notes[0] ?? ''),
  );
  return notes.map((note) => / for (\S+ \S+) UTC\.$/.exec(note)?.[1] ?? note).toReversed();
};

/** Each minute once, and none left out. */
const expectEach = (minutes: readonly string[]): void => {
  const at = minutes.map((minute) => Date.parse(`${minute.replace(' ', 'T')}Z`) / 60_000);
  const first = at[0] ?? Number.NaN;
  expect(at).toEqual(at.map((_, index) => first + index));
};

test('a runner that is killed makes up for the minutes that it missed, each once', async () => {
  await using rig = await Rig.start({ script });
  const repository = await repositoryWith({ '.longhaul/triggers/often.yaml': trigger });
  await rig.api.triggers.enable.mutate({ repository, name: 'often' });
  await expect.poll(() => minutesOf(rig), { timeout: 150_000 }).toHaveLength(1);
  await rig.kill();
  const began = Math.floor(Date.now() / 60_000);
  await expect.poll(() => Math.floor(Date.now() / 60_000) - began, { timeout: 150_000 }).toBe(2);
  await rig.start();
  await expect.poll(() => minutesOf(rig).then(({ length }) => length), { timeout: 150_000 }).toBeGreaterThanOrEqual(3);
  expectEach(await minutesOf(rig));
});

test('of two control planes one begins each minute’s run, also when that one is killed', async () => {
  await using planes = await Planes.open({ script });
  const [one] = planes.all;
  const repository = await repositoryWith({ '.longhaul/triggers/often.yaml': trigger });
  await one.api.triggers.enable.mutate({ repository, name: 'often' });
  await expect.poll(() => minutesOf(one), { timeout: 150_000 }).toHaveLength(1);
  const supervisor = await planes.supervisor();
  const other = planes.otherThan(supervisor);
  await supervisor.kill();
  await planes.supervisedBy(other);
  await expect
    .poll(() => minutesOf(other).then(({ length }) => length), { timeout: 240_000 })
    .toBeGreaterThanOrEqual(3);
  expectEach(await minutesOf(other));
});
