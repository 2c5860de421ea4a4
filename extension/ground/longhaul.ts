import type * as vscode from 'vscode';
import type { Connection } from './connection/connection.ts';
import type { AppliedRounds } from './runs/applied.ts';
import type { Pending } from './runs/pending.ts';
import type { Runs } from './runs/runs.ts';
import type { UnseenEnds } from './runs/unseen.ts';

/** What `main.ts` hands to each part of the extension. */
export interface Longhaul {
  readonly connection: Connection;
  readonly runs: Runs;
  readonly unseen: UnseenEnds;
  readonly applied: AppliedRounds;
  readonly pending: Pending;
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
}
