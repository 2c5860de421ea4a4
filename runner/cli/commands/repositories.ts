import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument } from '@commander-js/extra-typings';
import { cleanLine } from '../../../shared/text/clean.ts';
import { usage } from '../../../shared/trouble.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit, type ExitCode } from '../exit.ts';
import { explain } from '../help.ts';
import { addedView, removedText, repositoriesView } from '../repositories-view.ts';

const actions = ['list', 'add', 'remove'] as const;

export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('[action]', 'what to do').choices(actions).default('list'))
    .argument('[repository]', 'URL of a remote that the runner may read, or a folder here')
    .option('--check', 'list: read each of them now')
    .action(
      act(async (context, ...[action, repository, { check }]) => {
        if (action === 'list') {
          if (repository !== undefined) throw usage('list takes no repository.', `Leave out ${cleanLine(repository)}.`);
          return list(context, check === true);
        }
        if (check === true) throw usage('--check is for listing.', 'Leave it out: add reads the repository anyway.');
        if (repository === undefined)
          throw usage('No repository is named.', `Name it: longhaul repositories ${action} https://…`);
        return action === 'add' ? add(context, repository) : remove(context, repository);
      }),
    );
  explain(command, {
    about: `The repositories that a runner works on: those that somebody added, and those that have enabled triggers or runs, whether or not
anybody added them. Nobody has to: it is for whoever runs Longhaul for others, to see what it works on, and whether it can.

add looks at once whether the runner may and can read the repository, as a delegation does, and says what is there: its default
branch, its settings, recipes and triggers, whether results may be published and what happens there is heard of, and each fault with
what to do. What cannot be read is not added. Added again it stays as it was. Its triggers begin nothing before somebody enables them.

list asks nobody but the runner: what it says of a repository is as it was read last, at the time beside it, by add or by --check,
which reads each of them now.

remove has its triggers begin nothing more, and says which. What they began goes on, and all runs stay. Added again, none of them is on.

To add and to remove takes the role approver, as enabling a trigger does; a folder is for the runner's owner alone, on its own machine.`,
    examples: [
      ['longhaul repositories add https://github.com/acme/shop.git', 'have it on record, and see what is there'],
      ['longhaul repositories', 'what this runner works on'],
      ['longhaul repositories --check', 'whether it can'],
      ['longhaul repositories remove https://github.com/acme/shop.git', 'begin no more runs of it'],
    ],
    json: `list: {"repositories": [repository, …]}
A repository has repository (its address), added {by, at} (null: nobody did), look (null: never read, or not yours to see), triggers {on,
paused, stopped}, runs {open, lately} (lately: begun within 30 days), publish (true, false, "ask"; null: a folder, or a name), hears (of
what happens there), and faults [{message, remedy}].
look: {"outcome": "unreadable", at, fault} or {"outcome": "read", at, branch (null: none yet), config ("none", "right", "wrong"), recipes
[{name, usable}], triggers [{name, usable}], faults}
add: {"repository": repository, "isNew" (false: it was on record), "triggers": [as "longhaul triggers" has them]}
remove: {"repository", "wasAdded", "disabled": [names of triggers], "openRuns"}`,
    exits: [[1, 'failed; stderr says why and what to do; or, with --check, something is wrong']],
  });
};

const list = async (context: CommandContext, check: boolean): Promise<ExitCode> => {
  const { call } = await context.runner();
  const repositories = await call.repositories.list.query({ check });
  context.printJson({ repositories });
  context.print(
    repositories.length === 0
      ? 'This runner works on no repository yet. Add one: longhaul repositories add https://… (or a folder)'
      : repositoriesView(repositories, context.paint),
  );
  return check && repositories.some(({ faults }) => faults.length > 0) ? exit.failed : exit.done;
};

const add = async (context: CommandContext, given: string): Promise<ExitCode> => {
  const repository = addressOf(context, given);
  if (!repository.includes('://') && !existsSync(repository))
    throw usage(`There is no folder ${repository}.`, 'Name a git repository, or the URL of a remote: https://…');
  const { call } = await context.runner();
  const added = await call.repositories.add.mutate({ repository });
  context.printJson(added);
  context.print(addedView(added, context.paint));
  return exit.done;
};

const remove = async (context: CommandContext, given: string): Promise<ExitCode> => {
  const { call } = await context.runner();
  const removed = await call.repositories.remove.mutate({ repository: addressOf(context, given) });
  context.printJson(removed);
  context.print(removedText(removed));
  return exit.done;
};

/** An absolute path, or a URL. */
const addressOf = ({ cwd, remote }: CommandContext, given: string): string => {
  if (given.includes('://')) return given;
  if (/^[\w.-]+@[\w.-]+:/.test(given))
    throw usage('A runner reads from no address of SSH.', 'Name the one that its server has for HTTPS: https://…');
  if (remote === null) return resolve(cwd, given);
  throw usage('A runner elsewhere does not see a folder here.', 'Name the URL of a remote that it may read: https://…');
};
