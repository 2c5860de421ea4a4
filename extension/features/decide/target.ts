import * as vscode from 'vscode';
import { z } from 'zod';
import type { DecisionKind } from '../../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { expiry, oneLine } from '../../ground/text/text.ts';
import { isWhole } from './verified.ts';

const Target = z.object({ run: z.string(), decision: z.string() });

/**
 * The decision that a command is called for: a row's, or the one that a person picks. Undefined: none was picked.
 * Throws ConnectionError when it is no longer open, or is not what its hash says.
 */
export const decisionFor = async (
  { runs, connection }: Longhaul,
  argument: unknown,
  kinds: readonly DecisionKind[],
): Promise<DecisionSummary | undefined> => {
  const target = Target.safeParse(argument);
  const summary = target.success
    ? runs.decisions().find(({ run, request }) => run === target.data.run && request.id === target.data.decision)
    : await pick(await open({ runs, connection }, kinds));
  if (summary === undefined) {
    if (!target.success) return undefined;
    throw new ConnectionError('refused', 'This decision is no longer open: it was made, or its run is over.', '');
  }
  if (!isWhole(summary))
    throw new ConnectionError(
      'refused',
      `The hash of ${summary.request.id} does not match what it asks for.`,
      "Do not approve it; look into the runner's log.",
    );
  return summary;
};

const open = async (
  { runs, connection }: Pick<Longhaul, 'runs' | 'connection'>,
  kinds: readonly DecisionKind[],
): Promise<readonly DecisionSummary[]> => {
  const known = runs.loaded ? runs.decisions() : await (await connection.api()).decisions.list.query();
  return known.filter(({ request }) => kinds.includes(request.kind));
};

const pick = async (summaries: readonly DecisionSummary[]): Promise<DecisionSummary | undefined> => {
  if (summaries.length === 0) {
    void vscode.window.showInformationMessage('No such decision is open.');
    return undefined;
  }
  const rows = summaries.map((summary) => ({
    label: oneLine(summary.request.action, 120),
    description: expiry(summary.request.expiresAt, Date.now()),
    detail: summary.title,
    summary,
  }));
  const chosen = await vscode.window.showQuickPick(rows, { title: 'Longhaul: Decide', matchOnDetail: true });
  return chosen?.summary;
};
