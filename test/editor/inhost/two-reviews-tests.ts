import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { lensesOf, openFile } from './review-steps.ts';
import type { Test } from './tests.ts';
import { cleanTree, delegate, git, repository, reviewing, settled } from './world.ts';

/** Steps of one sequence, and its seed: another one is another sequence. `LONGHAUL_TEST_SEED` repeats one. */
const steps = 80;
const seed = Number(process.env['LONGHAUL_TEST_SEED'] || Date.now() % 1_000_000);

/** mulberry32: a sequence that its seed decides. */
const random = (state: number) => (): number => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
};

/** The file of a review has seven lines, of which the run has changed every other one. */
const lines = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
const changed = [0, 2, 4, 6];
const textWith = (applied: ReadonlySet<number>): string =>
  lines.map((line, index) => `${applied.has(index) ? line.toUpperCase() : line}\n`).join('');

/** What a person has done with a run, told apart from all that the extension keeps. */
interface Reviewed {
  readonly run: string;
  readonly file: string;
  readonly accepted: Set<number>;
  applied: ReadonlySet<number>;
  /** Before the last application; null: there is none to take back. */
  before: ReadonlySet<number> | null;
}

/** The document of a review's file that is set against the base, once its tab is in front. */
const front = async (reviewed: Reviewed): Promise<vscode.Uri> => {
  const { input } = await openFile(reviewed.run, reviewed.file);
  assert.ok(input instanceof vscode.TabInputTextDiff);
  return input.modified;
};

const deeds = {
  open: async (reviewed: Reviewed) => {
    await vscode.commands.executeCommand('longhaul.review', reviewed.run);
  },
  switch: async (reviewed: Reviewed) => {
    await front(reviewed);
  },
  // The lens above the line, whatever is in front.
  accept: (reviewed: Reviewed, line: number) => chooseLine(reviewed, line, 'Accept'),
  reject: (reviewed: Reviewed, line: number) => chooseLine(reviewed, line, 'Reject'),
  // Without an argument: of the review that is in front.
  acceptAll: async (reviewed: Reviewed) => {
    await front(reviewed);
    await vscode.commands.executeCommand('longhaul.review.acceptAll');
    for (const line of changed) reviewed.accepted.add(line);
  },
  rejectAll: async (reviewed: Reviewed) => {
    await front(reviewed);
    await vscode.commands.executeCommand('longhaul.review.rejectAll');
    reviewed.accepted.clear();
  },
  apply: async (reviewed: Reviewed) => {
    if (reviewed.accepted.size === 0) return;
    await front(reviewed);
    await vscode.commands.executeCommand('longhaul.applyAccepted');
    const applied = new Set([...reviewed.applied, ...reviewed.accepted]);
    // What was all there already is nothing to take back.
    if (applied.size > reviewed.applied.size) reviewed.before = reviewed.applied;
    reviewed.applied = applied;
  },
  undo: async (reviewed: Reviewed) => {
    if (reviewed.before === null) return;
    await vscode.commands.executeCommand('longhaul.undoApply', reviewed.run);
    reviewed.applied = reviewed.before;
    reviewed.before = null;
  },
} satisfies Record<string, (reviewed: Reviewed, line: number) => Promise<void>>;

const chooseLine = async (reviewed: Reviewed, line: number, verb: 'Accept' | 'Reject'): Promise<void> => {
  const uri = await front(reviewed);
  const unit = `-${line + 1},1 +${line + 1},1`;
  const found = (await lensesOf(uri)).find(({ title, arguments: given }) => title === verb && given?.[1] === unit);
  // What is so already has no such lens.
  if (found !== undefined) await vscode.commands.executeCommand(found.command, ...(found.arguments ?? []));
  if (verb === 'Accept') reviewed.accepted.add(line);
  else reviewed.accepted.delete(line);
};

const begin = async (file: string): Promise<Reviewed> => {
  const { id } = await delegate(`[caps ${file}] Every other line in capitals`);
  await settled(id, reviewing);
  // Rejected as a whole first: what is undecided is asked about before anything is applied, and nobody is here to answer.
  await vscode.commands.executeCommand('longhaul.review', id);
  await vscode.commands.executeCommand('longhaul.review.rejectAll', id);
  return { run: id, file, accepted: new Set(), applied: new Set(), before: null };
};

export const twoReviewsTests = {
  'with two reviews open, whatever is done in whichever order, what is applied is what was accepted in that review':
    async () => {
      cleanTree();
      const head = git('rev-parse', 'HEAD').trim();
      for (const file of ['left.txt', 'right.txt']) writeFileSync(repository(file), textWith(new Set()));
      git('add', '--all');
      git('-c', 'user.name=T', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message=Lines');
      const reviews = [await begin('left.txt'), await begin('right.txt')];
      const next = random(seed);
      const pick = <One>(among: readonly One[]): One => {
        const one = among[Math.floor(next() * among.length)];
        if (one === undefined) throw new Error('nothing to pick from');
        return one;
      };
      const done: string[] = [];
      for (let step = 0; step < steps; step += 1) {
        const [name, reviewed, line] = [pick(Object.keys(deeds)), pick(reviews), pick(changed)];
        done.push(`${name} ${reviewed.file} ${line}`);
        // safe: one of its own keys
        await deeds[name as keyof typeof deeds](reviewed, line);
        for (const { file, applied } of reviews)
          assert.equal(readFileSync(repository(file), 'utf8'), textWith(applied), `seed ${seed}: ${done.join(', ')}`);
      }
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      git('reset', '--quiet', '--hard', head);
      cleanTree();
    },
} satisfies Record<string, Test>;
