import { access, constants } from 'node:fs/promises';
import path from 'node:path';

/**
 * The search program of this installation: what LONGHAUL_RIPGREP names (the editor names the one that VS Code brings
 * along), else the npm package's, else the first `rg` in PATH. Throws where there is none of them.
 */
export const findRipgrep = async (env: Readonly<Record<string, string | undefined>>): Promise<string> => {
  const named = env['LONGHAUL_RIPGREP'];
  if (named !== undefined && named !== '') return named;
  try {
    return (await import('@vscode/ripgrep')).rgPath;
  } catch (error) {
    for (const folder of (env['PATH'] ?? '').split(path.delimiter)) {
      const candidate = path.join(folder, 'rg');
      if (path.isAbsolute(folder) && (await isExecutable(candidate))) return candidate;
    }
    throw error;
  }
};

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
