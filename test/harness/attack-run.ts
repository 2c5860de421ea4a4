import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { attackLimits, attackNames } from '../suites/sandbox-attacks.ts';
import { projectRoot, type RigOptions } from './rig.ts';

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Whom the runner runs as, and whom commands run as then. */
export interface AttackMode {
  readonly name: string;
  /** Null: whoever runs the tests. */
  readonly runner: User | null;
  readonly commands: User | null;
  /** Whom the commands of the second run run as. */
  readonly neighbour: User | null;
}

const user = (id: number): User => ({ uid: id, gid: id });
/** The user of the first run's commands is this plus one. */
const uidBase = 64_200;

/** As root both are tried; an ordinary user can be no other, so that only its own half exists there. */
export const attackModes: readonly AttackMode[] =
  process.getuid?.() === 0
    ? [
        { name: 'a runner that is root', runner: null, commands: user(uidBase + 1), neighbour: user(uidBase + 2) },
        {
          name: 'a runner that is an ordinary user',
          runner: user(64_123),
          commands: user(64_123),
          neighbour: user(64_123),
        },
      ]
    : [{ name: 'a runner that is an ordinary user', runner: null, commands: null, neighbour: null }];

/** What makes a runner one that the suite of attacks can be tried on: small limits, and names that lead where an attack wants them to. */
export const underAttack = (mode: AttackMode, secret: string): Omit<RigOptions, 'script'> => ({
  // The worker has it from here; unlike the model's key it is not taken out of what commands print.
  env: { LONGHAUL_WORKERS: '2', NO_PROXY: `localhost,127.0.0.1,${secret}` },
  config: { sandbox: { ...attackLimits, uidBase } },
  ...(mode.runner === null ? {} : { owner: mode.runner }),
  inside: (folder) => {
    const hosts = path.join(folder, 'hosts');
    const lines = Object.entries(attackNames).flatMap(([name, list]) => list.map((address) => `${address} ${name}`));
    writeFileSync(hosts, ['127.0.0.1 localhost', ...lines, ''].join('\n'), { mode: 0o644 });
    if (process.getuid?.() !== 0)
      return ['bwrap', '--die-with-parent', '--dev-bind', '/', '/', '--ro-bind', hosts, '/etc/hosts', '--'];
    const as =
      mode.runner === null
        ? []
        : ['setpriv', `--reuid=${mode.runner.uid}`, `--regid=${mode.runner.gid}`, '--clear-groups', '--'];
    mkdirSync(projectIn(folder));
    const script = 'mount --bind "$0" /etc/hosts && mount --bind "$1" "$2" && shift 2 && exec "$@"';
    return [
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      hosts,
      projectRoot,
      projectIn(folder),
      ...as,
    ];
  },
  // A checkout may lie where only its owner can enter.
  ...(process.getuid?.() === 0 ? { projectAt: projectIn } : {}),
});

const projectIn = (folder: string): string => path.join(folder, 'project');

export const someSecret = (): string => `s3cr3t-${randomBytes(12).toString('hex')}`;
