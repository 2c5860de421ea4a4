import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { WorkerSettings } from '../../machine/processes/child-protocol.ts';
import { SandboxRefused, type Ports, type Sandboxes } from '../run/ports/ports.ts';
import { openBubblewrap } from '../../sandbox/namespaces/bubblewrap.ts';
import { openContainer } from '../../sandbox/container/container.ts';
import { daytona } from '../../sandbox/remote/daytona.ts';
import { e2b } from '../../sandbox/remote/e2b.ts';
import { openRemote } from '../../sandbox/remote/remote.ts';
import type { Sandbox, SandboxOptions, SandboxRefusal } from '../../sandbox/sandbox.ts';
import { copiesIn } from './copies.ts';
import { homeBeside, homeOf, homes } from './homes.ts';

interface Opening {
  readonly run: string;
  readonly owner: Ports['owner'];
  /** Absolute path of the search program. */
  readonly ripgrep: string;
}

/** The sandboxes of a run, with what they need below its data folder. */
export const sandboxesOf = (settings: WorkerSettings, opening: Opening): Sandboxes => {
  const { dataFolder } = settings;
  const { owner } = opening;
  const open = sandboxOpener(settings, opening);
  return {
    copy: copiesIn(path.join(dataFolder, 'copies'), owner),
    open: async (workspace) => {
      const scratch = path.join(dataFolder, 'scratch', path.relative(dataFolder, workspace).replaceAll('/', '-'));
      await mkdir(scratch, { recursive: true, mode: 0o711 });
      const opened = await open({ workspace, home: await homeBeside(workspace, owner), scratch });
      if ('outcome' in opened) throw new SandboxRefused(opened.reason, opened.remedy);
      return opened;
    },
    homeOf: isElsewhere(settings) ? () => null : homeOf,
    ...homes,
  };
};

/** Whether commands run on a machine of a provider. */
const isElsewhere = ({ isolation: { kind } }: WorkerSettings): boolean => kind === 'e2b' || kind === 'daytona';

/** Where the search program lies on a machine that is not this one. */
const remoteRipgrep = '/opt/longhaul/rg';

/** How commands call the search program that lies at `ripgrep` here. */
export const ripgrepInside = (settings: WorkerSettings, ripgrep: string): string =>
  isElsewhere(settings) ? remoteRipgrep : ripgrep;

type Places = Pick<SandboxOptions, 'workspace' | 'home' | 'scratch'>;

/** The way to confine commands that was chosen; there is no other if it cannot be had. */
const sandboxOpener = (
  { isolation, sandbox: limits, readable }: WorkerSettings,
  { run, owner: user, ripgrep }: Opening,
): ((places: Places) => Promise<Sandbox | SandboxRefusal>) => {
  const { kind, containerNetwork: network, image } = isolation;
  const here = [...readable, path.dirname(ripgrep)];
  switch (kind) {
    case 'namespaces':
      return (places) => openBubblewrap({ ...places, user, limits, readable: here });
    case 'container':
      return (places) => openContainer({ ...places, user, limits, readable: here, run, network });
    case 'e2b':
    case 'daytona': {
      const provider = { e2b, daytona }[kind]({ run, worker: randomBytes(8).toString('hex'), image });
      const programs = { [remoteRipgrep]: ripgrep };
      return (places) => openRemote(provider, { ...places, user, limits, programs });
    }
  }
};
