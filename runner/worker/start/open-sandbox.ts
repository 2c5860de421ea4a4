import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { WorkerSettings } from '../../machine/processes/child-protocol.ts';
import type { Ports } from '../run/ports/ports.ts';
import { openBubblewrap } from '../../sandbox/namespaces/bubblewrap.ts';
import { openContainer } from '../../sandbox/container/container.ts';
import { daytona } from '../../sandbox/remote/daytona.ts';
import { e2b } from '../../sandbox/remote/e2b.ts';
import { openRemote } from '../../sandbox/remote/remote.ts';
import type { Sandbox, SandboxRefusal } from '../../sandbox/sandbox.ts';

/** Opens a sandbox over a tree, with a home, and a private folder for what it needs. */
export type SandboxOpener = (places: {
  readonly workspace: string;
  readonly home: string;
  readonly scratch: string;
}) => Promise<Sandbox | SandboxRefusal>;

/** Where the search program lies on a machine that is not this one. */
const REMOTE_RIPGREP = '/opt/longhaul/rg';

/** How commands call the search program that lies at `ripgrep` here. */
export const ripgrepInside = ({ isolation }: WorkerSettings, ripgrep: string): string =>
  isolation.kind === 'e2b' || isolation.kind === 'daytona' ? REMOTE_RIPGREP : ripgrep;

interface Opening {
  readonly run: string;
  readonly owner: Ports['owner'];
  /** Absolute path of the search program. */
  readonly ripgrep: string;
}

/** The way to confine commands that was chosen; there is no other if it cannot be had. */
export const sandboxOpener = (
  { isolation, sandbox: limits, readable }: WorkerSettings,
  { run, owner: user, ripgrep }: Opening,
): SandboxOpener => {
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
      const programs = { [REMOTE_RIPGREP]: ripgrep };
      return (places) => openRemote(provider, { ...places, user, limits, programs });
    }
  }
};
