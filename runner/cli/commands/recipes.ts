import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument } from '@commander-js/extra-typings';
import { RecipeName } from '../../../shared/recipe/recipe.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { Trouble, usage } from '../../../shared/trouble.ts';
import { writeNewSettings } from '../../local/new-settings.ts';
import { findRepository } from '../../machine/repository/user-repository.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit, type ExitCode } from '../exit.ts';
import { filesIn } from '../folder-settings.ts';
import { explain } from '../help.ts';
import { newRecipe } from '../new-recipe.ts';
import { recipesView, recipeView } from '../recipes-view.ts';

const actions = ['list', 'show', 'check', 'new'] as const;

export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('[action]', 'what to do').choices(actions).default('list'))
    .argument('[name]', 'of the recipe: that of its file, without .md')
    .option('--repo <folder>', 'with those that this git repository brings', '.')
    .action(
      act(async (context, ...[action, name, options]) => {
        if (action === 'show') return show(context, name, options.repo);
        if (action === 'new') return begin(context, name, options.repo);
        if (name !== undefined) throw usage(`${action} takes no name.`, `Leave out ${cleanLine(name)}.`);
        return action === 'list' ? list(context, options.repo) : check(context, options.repo);
      }),
    );
  explain(command, {
    about: `A recipe says how a kind of task is done: with what text around your goal, tools, rules, budget and verification.
Some come with Longhaul; a repository brings its own in .longhaul/recipes/<name>.md on its default branch, and they stand
in the place of those with the same name.`,
    examples: [
      ['longhaul recipes', 'what there is for the repository here'],
      ['longhaul recipes show fix-failing-test', 'what one takes, and what it says of a task'],
      ['longhaul recipes new release', 'write .longhaul/recipes/release.md, to be filled in'],
      ['longhaul recipes check', 'whether the files here can be used, committed or not'],
      ['longhaul delegate --recipe fix-failing-test "test/parser.test.ts: empty input"', 'use one'],
    ],
    json: `list: {"recipes": [recipe, …]}
A recipe has name, origin ("built-in" or "repository"), replaces (it stands in the place of a built-in one) and problem
(null, or why it cannot be used). If it can: title, description, needsGoal, inputs [{name, type, required, default, …}],
and defaults {tools, setup, verification, budget, rules (how many), model, decisionHours, priority}; null in there: as the
repository or the runner says.
show: {"recipe": recipe}
new: {"file": its path}
check: {"files": [{"name", "problem" (null: none)}, …]}`,
  });
};

/** Of the repository in a folder, and the built-in ones. A runner elsewhere does not see this folder, and has the built-in ones. */
const listed = async (context: CommandContext, repo: string) => {
  const api = await context.runner();
  const repository = context.remote === null ? resolve(context.cwd, repo) : null;
  if (repository !== null && !existsSync(repository))
    throw usage(`There is no folder ${repository}.`, 'Name a git repository with --repo, or stand in one.');
  return api.call.recipes.list.query({ repository });
};

const list = async (context: CommandContext, repo: string): Promise<ExitCode> => {
  const recipes = await listed(context, repo);
  context.printJson({ recipes });
  context.print(recipesView(recipes, context.paint));
  return exit.done;
};

const show = async (context: CommandContext, name: string | undefined, repo: string): Promise<ExitCode> => {
  if (name === undefined) throw usage('No recipe is named.', 'Name it: longhaul recipes show <name>');
  const recipes = await listed(context, repo);
  const recipe = recipes.find((each) => each.name === name);
  if (recipe === undefined)
    throw new Trouble(`There is no recipe ${JSON.stringify(cleanLine(name))}.`, {
      remedy: `There are: ${recipes.map((each) => cleanLine(each.name)).join(', ')}.`,
      code: 'not_found',
    });
  context.printJson({ recipe });
  context.print(recipeView(recipe, context.paint));
  return recipe.problem === null ? exit.done : exit.failed;
};

/** Writes one that can be used as it is. Asks no runner. */
const begin = async (context: CommandContext, given: string | undefined, repo: string): Promise<ExitCode> => {
  if (given === undefined) throw usage('No name is given.', 'Give it one: longhaul recipes new <name>');
  const { data: name, error } = RecipeName.safeParse(given);
  if (error !== undefined)
    throw usage(
      `The name ${JSON.stringify(cleanLine(given))} cannot be used: ${error.issues[0]?.message ?? ''}.`,
      'Give another one.',
    );
  const found = await findRepository(resolve(context.cwd, repo));
  if (!('root' in found)) throw new Trouble(found.reason, { remedy: found.remedy, code: 'invalid' });
  const written = await writeNewSettings(found.root, 'recipes', { name: `${name}.md`, text: newRecipe(name) });
  if (written.outcome === 'exists')
    throw new Trouble(`${written.file} is there already.`, {
      remedy: 'Give the recipe another name, or change that one.',
      code: 'invalid',
    });
  if (written.outcome === 'elsewhere')
    throw new Trouble(`${written.folder} leads out of its place by a link.`, {
      remedy: 'Make it a folder, and try again.',
      code: 'invalid',
    });
  context.printJson({ file: written.file });
  context.print(
    `${written.file} is written. Say in it what is to be done; longhaul recipes check looks at it. It counts once it is on the default branch.`,
  );
  return exit.done;
};

/** The files as they are in the folder, committed or not. Asks no runner. */
const check = async (context: CommandContext, repo: string): Promise<ExitCode> => {
  const found = await findRepository(resolve(context.cwd, repo));
  if (!('root' in found)) throw new Trouble(found.reason, { remedy: found.remedy, code: 'invalid' });
  const { readRecipes } = await import('../../control/usecases/recipe-files.ts');
  const settings = { branch: found.root, files: await filesIn(found.root, 'recipes'), triggers: [] };
  const own = readRecipes(settings).filter(({ origin }) => origin === 'repository');
  const files = own.map((recipe) => ({
    name: recipe.name,
    problem: recipe.outcome === 'ok' ? null : `${recipe.file} cannot be used: ${recipe.faults.join(' ')}`,
  }));
  context.printJson({ files });
  if (files.length === 0) context.print(`There is no .md file in ${found.root}/.longhaul/recipes.`);
  for (const { name, problem } of files)
    context.print(problem === null ? `${name}: can be used` : context.paint.red(cleanLine(problem)));
  return files.some(({ problem }) => problem !== null) ? exit.failed : exit.done;
};
