import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { z } from 'zod';
import { packagedRunner } from '../../ground/connection/connect.ts';
import { secretsIn } from '../../ground/connection/secrets.ts';
import { readSettings } from '../../ground/connection/settings.ts';
import type { Longhaul } from '../../ground/longhaul.ts';

const Check = z.object({
  name: z.string(),
  outcome: z.enum(['ok', 'warn', 'fail']),
  detail: z.string(),
  remedy: z.string().nullish(),
});
type Check = z.infer<typeof Check>;
const Answer = z.object({ ok: z.boolean(), checks: z.array(Check) });

const icons = { ok: '$(pass)', warn: '$(warning)', fail: '$(error)' } as const satisfies Record<
  Check['outcome'],
  string
>;
const order = ['fail', 'warn', 'ok'] as const satisfies readonly Check['outcome'][];

/** Asks the packaged command line what runs need and what of it is there. Throws when it says nothing that can be read. */
const examine = async (extension: vscode.ExtensionContext): Promise<z.infer<typeof Answer>> => {
  const { home, node, cli, env } = await packagedRunner(extension);
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
  return Answer.parse(JSON.parse(text));
};

/** Shows each check, the bad ones first; choosing one copies its remedy. */
export const doctor = async ({ extension, log }: Longhaul): Promise<void> => {
  const { checks } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: 'Longhaul: examining this machine' },
    () => examine(extension),
  );
  for (const { name, outcome, detail, remedy } of checks)
    log.info(`doctor: ${outcome} ${name}: ${detail} ${remedy ?? ''}`);
  const bad = checks.filter(({ outcome }) => outcome !== 'ok').length;
  const rows = order
    .flatMap((outcome) => checks.filter((check) => check.outcome === outcome))
    .map(({ name, outcome, detail, remedy }) => ({
      label: `${icons[outcome]} ${name}`,
      description: detail,
      ...(remedy ? { detail: remedy } : {}),
      remedy,
    }));
  const chosen = await vscode.window.showQuickPick(rows, {
    title: bad === 0 ? 'Longhaul: Doctor — all is well' : `Longhaul: Doctor — ${bad} to look at`,
    placeHolder: 'Choose a line to copy its remedy',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (chosen?.remedy) await vscode.env.clipboard.writeText(chosen.remedy);
};
