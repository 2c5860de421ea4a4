import * as vscode from 'vscode';
import type { Runs } from '../../ground/runs/runs.ts';
import { addressOf } from './address.ts';
import { reviewedOf, type RoundRef } from './title.ts';

const placeOf = (uri: vscode.Uri): RoundRef | null => {
  const address = addressOf(uri);
  // What two rounds differ in is no round to decide about.
  return address === null || address.against === 'round' ? null : { run: address.run, round: address.round };
};

/**
 * A diff of several files. Its class is a proposal of VS Code's (tabInputMultiDiff), which extensions get objects of and no name for;
 * from an editor that keeps it to itself they get nothing.
 */
export const isMultiDiff = (input: unknown): boolean =>
  input === undefined || (typeof input === 'object' && input !== null && 'textDiffs' in input);

/** The round that the tab in front shows. Null: it shows none. */
export const reviewInFront = (runs: Runs): RoundRef | null => {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  const input: unknown = tab?.input;
  if (tab === undefined) return null;
  if (input instanceof vscode.TabInputText) return placeOf(input.uri);
  if (input instanceof vscode.TabInputTextDiff) return placeOf(input.modified);
  return isMultiDiff(input) ? reviewedOf(tab.label, () => runs.all()) : null;
};
