import type { ConnectionState } from '../../ground/connection/connection.ts';

/** What to say where editor and runner are of different versions; null: they are of one. */
export const versionText = (
  { url, local, version }: Pick<Extract<ConnectionState, { status: 'connected' }>, 'url' | 'local' | 'version'>,
  own: string,
): string | null => {
  if (version === own) return null;
  return local
    ? `The runner that is running is version ${version}, and this extension is ${own}. Restart it, so that both are the same: its runs go on.`
    : `The runner at ${url} is version ${version}, and this extension is ${own}: either may refuse what only the other knows. Whoever operates it can update it.`;
};
