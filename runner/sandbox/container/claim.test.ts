import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimContainer, linkWorkspace } from './claim.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claim-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('of runs that come at once, one gets the container and keeps it', async () => {
  const claim = join(folder, 'claim');
  const runs = Array.from({ length: 8 }, (_, index) => `run_${index}`);
  const verdicts = await Promise.all(runs.map((run) => claimContainer(run, claim)));
  const holder = await readFile(claim, 'utf8');
  expect(runs.filter((_, index) => verdicts[index] === null)).toEqual([holder]);
  expect([await claimContainer(holder, claim), await readdir(folder)]).toEqual([null, ['claim']]);
  expect(await claimContainer('run_9', claim)).toEqual({
    outcome: 'refused',
    reason: `this container has had a run already (${holder}), and with isolation "container" it takes only one`,
    remedy: 'start a new container for each run, or choose the isolation namespaces, e2b or daytona',
  });
});

test('the name of the workspace leads to one tree after the other, and takes no place that is taken', async () => {
  const place = join(folder, 'workspace');
  for (const tree of ['/data/tree', '/data/copies/tree', '/data/copies/tree']) {
    expect([await linkWorkspace(tree, place), await readlink(place)]).toEqual([null, tree]);
  }
  await rm(place);
  await mkdir(place);
  expect(await linkWorkspace('/data/tree', place)).toMatchObject({
    outcome: 'refused',
    remedy: `take ${place} out of the image`,
  });
});
