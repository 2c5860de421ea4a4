import * as vscode from 'vscode';
import { z } from 'zod';
import { cleanLine } from '../../../shared/text/clean.ts';
import { say } from '../../ground/problem/offer.ts';
import { repositoryName } from '../../ground/text/text.ts';
import { keyOf, type Automation } from './automation.ts';
import type { Automations } from './automations.ts';
import { automationRow } from './row.ts';

/** The row that a command is called from, or what another command names. */
const Argument = z.object({ automation: z.object({ repository: z.string(), name: z.string() }) });

export interface Choice {
  readonly title: string;
  /** What is said where there is none. */
  readonly none: string;
  readonly among: (automation: Automation) => boolean;
}

/** The trigger that a command is called for, as it was read last, or one that the person chooses. Undefined: they did not, or there is none. */
export const automationFor = async (
  automations: Automations,
  argument: unknown,
  { title, none, among }: Choice,
): Promise<Automation | undefined> => {
  if (automations.all === null) await automations.refresh();
  const all = automations.all ?? [];
  const named = Argument.safeParse(argument);
  if (named.success) {
    const key = keyOf(named.data.automation);
    return all.find((automation) => keyOf(automation) === key);
  }
  const rows = all.filter(among).map((automation) => ({
    label: cleanLine(automation.name),
    description: repositoryName(automation.repository),
    detail: automationRow(automation, { knownOf: () => undefined, several: false }).description,
    automation,
  }));
  if (rows.length > 0)
    return (await vscode.window.showQuickPick(rows, { title, matchOnDescription: true, matchOnDetail: true }))
      ?.automation;
  say(none);
  return undefined;
};
