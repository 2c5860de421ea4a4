import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { beginReview, changed, deedNames, deeds, files, picker, seed, textWith, untouched } from './random-review.ts';
import type { Test } from './tests.ts';
import { cleanTree, delegate, git, repository, reviewing, settled } from './world.ts';

/** Steps of one sequence. */
const steps = 80;

/** Commits the files that the runs change, each with one; resolves with the runs once they can be reviewed. */
export const begin = async (): Promise<readonly { readonly run: string; readonly file: string }[]> => {
  for (const file of files) writeFileSync(repository(file), textWith(new Set()));
  git('add', '--all');
  git('-c', 'user.name=T', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message=Lines');
  const begun = [];
  for (const file of files) {
    const { id } = await delegate(`[caps ${file}] Every other line in capitals`);
    await settled(id, reviewing);
    begun.push({ run: id, file });
  }
  return begun;
};

export const twoReviewsTests = {
  'with two reviews open, whatever is done in whichever order, what is applied is what was accepted in that review':
    async () => {
      cleanTree();
      const head = git('rev-parse', 'HEAD').trim();
      const reviews = [];
      for (const { run, file } of await begin()) reviews.push(await beginReview(untouched(run, file)));
      const pick = picker(seed);
      const done: string[] = [];
      for (let step = 0; step < steps; step += 1) {
        const [name, reviewed, line] = [pick(deedNames), pick(reviews), pick(changed)];
        done.push(`${name} ${reviewed.tree.file} ${line}`);
        await deeds[name].perform(reviewed, line);
        deeds[name].mean(reviewed, line);
        for (const { tree } of reviews)
          assert.equal(
            readFileSync(repository(tree.file), 'utf8'),
            textWith(tree.applied),
            `seed ${seed}: ${done.join(', ')}`,
          );
      }
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      git('reset', '--quiet', '--hard', head);
      cleanTree();
    },
} satisfies Record<string, Test>;
