import path from 'node:path';
import { expect, test } from 'vitest';
import { openInHost, suiteMs } from './inhost-run.ts';
import { bundleForHost } from './inhost/bundle.ts';
import { openMeeting, type Told } from './inhost/meeting.ts';
import { packedExtension } from './packed.ts';
import { copySample, Place } from './place.ts';
import { picture } from './steps.ts';
import { Workbench } from './workbench.ts';

test(
  'two windows on two workspaces, whatever is done in which of them: what is applied is what was accepted there, in that review',
  async () => {
    await using place = await Place.make();
    // The same files in both.
    const other = path.join(place.folder, 'other-shop');
    await copySample(other);
    const workspaces = [place.repository, other];
    const socket = path.join(place.folder, 'meeting');
    await using meeting = await openMeeting(socket);
    await using workbench = await Workbench.start({
      folder: path.join(place.folder, 'code'),
      vsix: packedExtension(),
      env: {
        ...place.env,
        LONGHAUL_TEST_MEETING: socket,
        LONGHAUL_TEST_WORKSPACES: workspaces.join('\n'),
        // The same in both windows.
        LONGHAUL_TEST_SEED: process.env['LONGHAUL_TEST_SEED'] ?? String(Date.now() % 1_000_000),
      },
      inHost: true,
    });
    const suite = path.join(place.folder, 'window.cjs');
    await bundleForHost(path.join(import.meta.dirname, 'inhost', 'window.ts'), suite);
    const pages = [];
    for (const workspace of workspaces) pages.push((await openInHost(workbench, workspace, suite)).page);
    const ended = await meeting
      .until((told) => {
        const ends = told.filter((one): one is Extract<Told, { kind: 'ended' }> => one.kind === 'ended');
        return ends.length === workspaces.length ? ends : null;
      })
      .catch(() => meeting.told.filter(({ kind }) => kind === 'ended'));
    for (const [window, page] of pages.entries()) await picture(page, `two workspaces ${window}`);
    expect(ended.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual([
      { kind: 'ended', window: 0, failure: null },
      { kind: 'ended', window: 1, failure: null },
    ]);
  },
  suiteMs,
);
