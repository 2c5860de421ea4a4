import { t } from '@vscode/l10n';
import type { Check } from '../connection/examine.ts';

/** What the editor can do about a check. `terminal`: typed there, and left for the person to run. `extension`: its command, or where to get it. */
export type WayOut = { readonly title: string } & (
  | { readonly kind: 'command'; readonly command: string; readonly args: readonly unknown[] }
  | { readonly kind: 'extension'; readonly extension: string; readonly command: string }
  | { readonly kind: 'terminal'; readonly text: string }
  | { readonly kind: 'link'; readonly url: string }
  | { readonly kind: 'copy'; readonly text: string }
);

const command = (title: string, id: string, ...args: readonly unknown[]): WayOut => ({
  kind: 'command',
  title,
  command: id,
  args,
});

const ofName: Readonly<Record<string, readonly WayOut[]>> = {
  model: [
    command(t('Set Model Key'), 'longhaul.setModelKey'),
    command(t('Choose a Model'), 'workbench.action.openSettings', 'longhaul.model'),
    command(t('Choose an Endpoint'), 'workbench.action.openSettings', 'longhaul.baseUrl'),
  ],
  runner: [
    command(t('Restart Runner'), 'longhaul.restartRunner'),
    command(t('Open Runner Log'), 'longhaul.openRunnerLog'),
    command(t('Choose a Runner'), 'workbench.action.openSettings', 'longhaul.url'),
  ],
  home: [command(t('Choose a Folder'), 'workbench.action.openSettings', 'longhaul.home')],
  disk: [command(t('Choose a Folder'), 'workbench.action.openSettings', 'longhaul.home')],
  database: [command(t('Open Runner Log'), 'longhaul.openRunnerLog')],
};

/** Commands that remedies name and that are good to run as they stand; those of the kernel need root. */
const shellCommand = /\b(?:sudo )?(?:apt-get|dnf) install [a-z0-9](?:[a-z0-9.+ -]*[a-z0-9])?|\bsysctl -w [\w.]+=\w+/g;
const asRoot = (text: string): string => (text.startsWith('sudo ') ? text : `sudo ${text}`);
const link = /https:\/\/[^\s;,)]*[^\s;,).]/g;

/** What can be done about it from the editor, the likeliest first; the last is always to copy what the command line says. Empty: all is well. */
export const waysOut = ({ name, outcome, remedy }: Check): readonly WayOut[] => {
  if (outcome === 'ok') return [];
  const typed = [...remedy.matchAll(shellCommand)].map(([text]): WayOut => {
    const line = asRoot(text);
    return { kind: 'terminal', title: t('Type into a Terminal: {0}', line), text: line };
  });
  const links = [...remedy.matchAll(link)].map(([url]): WayOut => ({ kind: 'link', title: t('Open {0}', url), url }));
  const copied: readonly WayOut[] =
    remedy === '' ? [] : [{ kind: 'copy', title: t('Copy What to Do'), text: remedy.trim() }];
  return [...typed, ...(ofName[name] ?? []), ...links, ...copied];
};
