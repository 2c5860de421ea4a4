import { homedir } from 'node:os';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { shellToolchains, type ShellToolchain } from '../../machine/config/shell-toolchains.ts';
import { ok, warn, type Check } from '../../machine/check.ts';

/** The toolchains of this shell that commands do not see, with the line of the settings that shows them. */
export const toolchainChecks = (
  { sandbox }: RunnerConfig,
  { env, file }: { readonly env: NodeJS.ProcessEnv; readonly file: string },
): readonly Check[] => {
  // On machines of others, and in a container, commands see what is there.
  if (sandbox.isolation !== 'namespaces') return [];
  const { readable } = sandbox;
  const hidden = shellToolchains(env, { home: env['HOME'] ?? homedir(), readable });
  return judgeToolchains(hidden, { readable, file, root: process.getuid?.() === 0 });
};

/** @internal */
export const judgeToolchains = (
  hidden: readonly ShellToolchain[],
  { readable, file, root }: { readonly readable: readonly string[]; readonly file: string; readonly root: boolean },
): readonly Check[] => {
  const shown = readable.length === 0 ? '/usr' : `/usr, ${readable.join(', ')}`;
  if (hidden.length === 0) return [ok('toolchains', `commands see those of ${shown}`)];
  const fit = hidden.flatMap(({ folder, open }) => (folder !== null && (open || !root) ? [folder] : []));
  const closed = hidden.filter(({ folder, open }) => folder !== null && !open && root);
  const unknown = hidden.filter(({ folder }) => folder === null);
  const list = (some: readonly ShellToolchain[]): string =>
    some.map(({ program, by }) => (by === null ? program : `${program} (${by})`)).join(', ');
  const remedies = [
    ...(fit.length === 0
      ? []
      : [
          `To show them, read-only, put into ${file}:\nsandbox:\n  readable: [${[...new Set([...readable, ...fit])].join(', ')}]`,
        ]),
    ...(closed.length === 0
      ? []
      : [
          `${list(closed)}: only root can get to ${closed.map(({ folder }) => folder).join(', ')}, and commands do not run as root. Install it where everybody can, such as /opt.`,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          `${list(unknown)}: which version is in use is not known. Name its folder, the one with bin in it, in sandbox.readable.`,
        ]),
  ];
  return [
    warn(
      'toolchains',
      `commands see those of ${shown}, and not what this shell has: ${list(hidden)}`,
      remedies.join('\n'),
    ),
  ];
};
