import { execFile } from 'node:child_process';
import type * as vscode from 'vscode';
import { z } from 'zod';
import { packagedRunner } from './connect.ts';
import { secretsIn } from './secrets.ts';
import { readSettings } from './settings.ts';

const Check = z.object({
  name: z.string(),
  outcome: z.enum(['ok', 'warn', 'fail']),
  detail: z.string(),
  remedy: z.string().default(''),
});
export type Check = z.infer<typeof Check>;
const Answer = z.object({ checks: z.array(Check) });

/**
 * Asks the packaged command line what runs need and what of it is there; with `modelKey` as if that were the model's key. It asks the
 * model's endpoint once. Throws when it says nothing that can be read.
 */
export const examine = async (extension: vscode.ExtensionContext, modelKey?: string): Promise<readonly Check[]> => {
  const { home, node, cli, env } = await packagedRunner(extension, modelKey);
  const { url } = readSettings();
  const token = url === '' ? undefined : await secretsIn(extension.secrets).runnerToken(url);
  const remote = url === '' ? {} : { LONGHAUL_URL: url, LONGHAUL_TOKEN: token ?? '' };
  const text = await new Promise<string>((resolve, reject) => {
    // It exits with 1 when a check failed, which is an answer too.
    execFile(
      node,
      [cli, '--home', home, 'doctor', '--json'],
      { env: { ...env, ...remote } },
      (error, stdout, stderr) => {
        if (stdout.trim() === '') reject(new Error(stderr.trim() || error?.message || 'The doctor said nothing.'));
        else resolve(stdout);
      },
    );
  });
  return Answer.parse(JSON.parse(text)).checks;
};
