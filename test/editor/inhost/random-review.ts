import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { lensesOf, openFile } from './review-steps.ts';

/** Random deeds of a person who reviews, each with what it does in the editor and what it has to come to. */

/** Another seed is another sequence. `LONGHAUL_TEST_SEED` repeats one. */
export const seed = Number(process.env['LONGHAUL_TEST_SEED'] || Date.now() % 1_000_000);

/** mulberry32: a sequence that its seed decides; numbers from 0 to below 1. */
const random = (state: number) => (): number => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
};

/** Picks one of several; what, the seed decides. */
export const picker = (from: number): (<One>(among: readonly One[]) => One) => {
  const next = random(from);
  return (among) => {
    const one = among[Math.floor(next() * among.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  };
};

/** The file of a review has seven lines, of which the run has changed every other one. */
const lines = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
export const changed = [0, 2, 4, 6];
export const textWith = (applied: ReadonlySet<number>): string =>
  lines.map((line, index) => `${applied.has(index) ? line.toUpperCase() : line}\n`).join('');

/** The file of a run in the working tree, told apart from all that the extension keeps. */
export interface Tree {
  readonly run: string;
  readonly file: string;
  applied: ReadonlySet<number>;
  /** Before the last application; null: there is none to take back. */
  before: ReadonlySet<number> | null;
}
export const untouched = (run: string, file: string): Tree => ({ run, file, applied: new Set(), before: null });

/** What a person has chosen of a run in one window. */
export interface Reviewed {
  readonly tree: Tree;
  readonly accepted: Set<number>;
}

interface Deed {
  readonly perform: (reviewed: Reviewed, line: number) => Promise<void>;
  /** What it comes to. */
  readonly mean: (reviewed: Reviewed, line: number) => void;
}

/** The document of a review's file that is set against the base, once its tab is in front. */
const front = async ({ tree: { run, file } }: Reviewed): Promise<vscode.Uri> => {
  const { input } = await openFile(run, file);
  assert.ok(input instanceof vscode.TabInputTextDiff);
  assert.equal(input.modified.authority, run);
  return input.modified;
};

const chooseLine = async (reviewed: Reviewed, line: number, verb: 'Accept' | 'Reject'): Promise<void> => {
  const uri = await front(reviewed);
  const unit = `-${line + 1},1 +${line + 1},1`;
  const found = (await lensesOf(uri)).find(({ title, arguments: given }) => title === verb && given?.[1] === unit);
  // What is so already has no such lens.
  if (found !== undefined) await vscode.commands.executeCommand(found.command, ...(found.arguments ?? []));
};

/** A command without an argument: of the review that is in front. */
const inFront = async (reviewed: Reviewed, command: string): Promise<void> => {
  await front(reviewed);
  await vscode.commands.executeCommand(command);
};

export const deeds = {
  open: {
    perform: async ({ tree }) => {
      await vscode.commands.executeCommand('longhaul.review', tree.run);
    },
    mean: () => {},
  },
  switch: {
    perform: async (reviewed) => {
      await front(reviewed);
    },
    mean: () => {},
  },
  // The lens above the line, whatever is in front.
  accept: {
    perform: (reviewed, line) => chooseLine(reviewed, line, 'Accept'),
    mean: ({ accepted }, line) => accepted.add(line),
  },
  reject: {
    perform: (reviewed, line) => chooseLine(reviewed, line, 'Reject'),
    mean: ({ accepted }, line) => accepted.delete(line),
  },
  acceptAll: {
    perform: (reviewed) => inFront(reviewed, 'longhaul.review.acceptAll'),
    mean: ({ accepted }) => changed.forEach((line) => accepted.add(line)),
  },
  rejectAll: {
    perform: (reviewed) => inFront(reviewed, 'longhaul.review.rejectAll'),
    mean: ({ accepted }) => accepted.clear(),
  },
  apply: {
    perform: async (reviewed) => {
      if (reviewed.accepted.size > 0) await inFront(reviewed, 'longhaul.applyAccepted');
    },
    mean: ({ tree, accepted }) => {
      const applied = new Set([...tree.applied, ...accepted]);
      // What was all there already is nothing to take back.
      if (applied.size > tree.applied.size) tree.before = tree.applied;
      tree.applied = applied;
    },
  },
  undo: {
    perform: async ({ tree }) => {
      if (tree.before !== null) await vscode.commands.executeCommand('longhaul.undoApply', tree.run);
    },
    mean: ({ tree }) => {
      tree.applied = tree.before ?? tree.applied;
      tree.before = null;
    },
  },
} satisfies Record<string, Deed>;

export type DeedName = keyof typeof deeds;
// safe: its own keys
export const deedNames = Object.keys(deeds) as DeedName[];

/** Reviews a run in this window, with nothing accepted: what is undecided is asked about before it is applied, and nobody is here to answer. */
export const beginReview = async (tree: Tree): Promise<Reviewed> => {
  await vscode.commands.executeCommand('longhaul.review', tree.run);
  await vscode.commands.executeCommand('longhaul.review.rejectAll', tree.run);
  return { tree, accepted: new Set() };
};

/** What the runs change, each one of them. */
export const files = ['left.txt', 'right.txt'] as const;
