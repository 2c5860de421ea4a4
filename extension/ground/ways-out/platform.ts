import { t } from '@vscode/l10n';
import type { WayOut } from './ways-out.ts';

/** What has to be known of a system that agents cannot work on, and what works from there. */
export interface Elsewhere {
  readonly text: string;
  /** The likeliest first. */
  readonly ways: readonly WayOut[];
}

const names: Readonly<Record<string, string>> = { darwin: 'macOS', win32: 'Windows' };

const reopen = (title: string, extension: string, command: string): WayOut => ({
  kind: 'extension',
  title,
  extension,
  command,
});
const wsl = reopen(t('Reopen in WSL'), 'ms-vscode-remote.remote-wsl', 'remote-wsl.reopenInWSL');
const container = reopen(
  t('Reopen in Dev Container'),
  'ms-vscode-remote.remote-containers',
  'remote-containers.reopenInContainer',
);
const ssh = reopen(t('Connect over SSH'), 'ms-vscode-remote.remote-ssh', 'opensshremotes.openEmptyWindow');
const runner: WayOut = {
  kind: 'command',
  title: t('Use a Runner Elsewhere'),
  command: 'workbench.action.openSettings',
  args: ['longhaul.url'],
};

/**
 * Agents work in a sandbox that Linux has. `platform`: Node's name of the one that this window's extensions run on, which is the other machine's
 * in a window over SSH, in WSL or in a container. Null: it is Linux.
 */
export const elsewhere = (platform: string): Elsewhere | null => {
  if (platform === 'linux') return null;
  const name = names[platform] ?? t('This system');
  const windows = platform === 'win32';
  return {
    text: windows
      ? t(
          'Agents work in a sandbox of Linux, which {0} does not have. From here Longhaul works with a runner on a Linux machine, or in a window that is in WSL, in a dev container or over SSH.',
          name,
        )
      : t(
          'Agents work in a sandbox of Linux, which {0} does not have. From here Longhaul works with a runner on a Linux machine, or in a window that is in a dev container or over SSH.',
          name,
        ),
    ways: windows ? [wsl, container, ssh, runner] : [container, ssh, runner],
  };
};
