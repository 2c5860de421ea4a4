import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { joinMeeting } from './meeting.ts';
import { beginReview, changed, deedNames, deeds, picker, seed, textWith, untouched } from './random-review.ts';
import { begin } from './two-reviews-tests.ts';
import { repository } from './world.ts';

/** Steps of one sequence, of all windows together. */
const steps = 80;

const given = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

/**
 * One of several windows, each on a workspace of its own (LONGHAUL_TEST_WORKSPACES, one a line), at one meeting
 * (LONGHAUL_TEST_MEETING). Each reviews the runs of all workspaces. All know the sequence of deeds, which the seed decides; each does
 * its own when the one before is done, and looks at all files then.
 */
export const run = async (): Promise<void> => {
  const workspaces = given('LONGHAUL_TEST_WORKSPACES').split('\n');
  const own = workspaces.indexOf(repository());
  const meeting = await joinMeeting(given('LONGHAUL_TEST_MEETING'));
  const review = async (): Promise<void> => {
    await meeting.tell({ kind: 'begun', window: own, runs: [...(await begin())] });
    const begun = await meeting.until((told) => {
      const all = told.flatMap((one) => (one.kind === 'begun' ? [one] : []));
      return all.length === workspaces.length ? all : null;
    });
    const trees = begun
      .toSorted((a, b) => a.window - b.window)
      .flatMap(({ window, runs }) => runs.map(({ run: id, file }) => ({ window, ...untouched(id, file) })));
    const windows = workspaces.map(() => trees.map((tree) => ({ tree, accepted: new Set<number>() })));
    for (const tree of trees) await beginReview(tree);
    await meeting.tell({ kind: 'ready', window: own });
    await meeting.until((told) => told.filter(({ kind }) => kind === 'ready').length === workspaces.length || null);
    const pick = picker(seed);
    const done: string[] = [];
    for (let step = 0; step < steps; step += 1) {
      const window = pick(workspaces.map((_, index) => index));
      const [name, reviewed, line] = [pick(deedNames), pick(windows[window] ?? []), pick(changed)];
      const { tree } = reviewed;
      done.push(`window ${window}: ${name} ${trees.indexOf(tree)} ${line}`);
      if (window === own) {
        await deeds[name].perform(reviewed, line);
        deeds[name].mean(reviewed, line);
        for (const { window: at, file, applied } of trees)
          assert.equal(
            readFileSync(path.join(workspaces[at] ?? '', file), 'utf8'),
            textWith(applied),
            `seed ${seed}: ${done.join(', ')}`,
          );
        await meeting.tell({ kind: 'done', step });
      } else {
        deeds[name].mean(reviewed, line);
        await meeting.until((told) => told.some((one) => one.kind === 'done' && one.step === step) || null);
      }
    }
  };
  const failure = await review().then(
    () => null,
    (error: unknown) => (error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)),
  );
  await meeting.tell({ kind: 'ended', window: own, failure });
};
