import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { WorkerSettings } from '../ipc/protocol.ts';
import type { Ports } from './ports.ts';
import { openBubblewrap } from './sandbox/bubblewrap.ts';
import { openContainer } from './sandbox/container.ts';
import { daytona } from './sandbox/remote/daytona.ts';
import { e2b } from './sandbox/remote/e2b.ts';
import { openRemote } from './sandbox/remote/remote.ts';
import type { Sandbox, SandboxRefusal } from './sandbox/sandbox.ts';

/** Opens a sandbox over a tree, with a private folder for what it needs. */
export type SandboxOpener = (tree: string, scratch: string) => Promise<Sandbox | SandboxRefusal>;

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
      return (workspace, scratch) => openBubblewrap({ workspace, scratch, user, limits, readable: here });
    case 'container':
      return (workspace, scratch) => openContainer({ workspace, scratch, user, limits, readable: here, run, network });
    case 'e2b':
    case 'daytona': {
      const provider = { e2b, daytona }[kind]({ run, worker: randomBytes(8).toString('hex'), image });
      const programs = { [REMOTE_RIPGREP]: ripgrep };
      return (workspace, scratch) => openRemote(provider, { workspace, scratch, user, limits, programs });
    }
  }
};
