import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { usage } from '../../../shared/trouble.ts';
import { exit } from '../exit.ts';
import { explain } from '../help.ts';
import type { Define } from '../define.ts';
import { recipesView } from '../recipes-view.ts';

export const define: Define = (command, act) => {
  command.option('--repo <folder>', 'with those that this git repository brings', '.').action(
    act(async (context, options) => {
      const api = await context.runner();
      // A runner elsewhere does not see this folder, and has the built-in ones.
      const repository = context.remote === null ? resolve(context.cwd, options.repo) : null;
      if (repository !== null && !existsSync(repository))
        throw usage(`There is no folder ${repository}.`, 'Name a git repository with --repo, or stand in one.');
      const recipes = await api.call.recipes.list.query({ repository });
      context.printJson({ recipes });
      context.print(recipesView(recipes, context.paint));
      return exit.done;
    }),
  );
  explain(command, {
    about: `A recipe says how a kind of task is done: with what text around your goal, tools, rules, budget and verification.
Some come with Longhaul; a repository brings its own in .longhaul/recipes/<name>.md on its default branch, and they stand
in the place of those with the same name.`,
    examples: [
      ['longhaul recipes', 'what there is for the repository here'],
      ['longhaul delegate --recipe fix-failing-test "test/parser.test.ts: empty input"', 'use one'],
    ],
    json: `{"recipes": [recipe, …]}
A recipe has name, origin ("built-in" or "repository"), replaces (it stands in the place of a built-in one) and problem
(null, or why it cannot be used). If it can: title, description, needsGoal, and defaults {tools, setup, verification,
budget, rules (how many), model, decisionHours, priority}; null in there: as the repository or the runner says.`,
  });
};
