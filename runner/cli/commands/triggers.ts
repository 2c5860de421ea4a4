import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Argument } from '@commander-js/extra-typings';
import type { ListedTrigger } from '../../../shared/api/triggers.ts';
import { publishText } from '../../../shared/recipe/trigger-text.ts';
import { lineOf } from '../../../shared/run/summary.ts';
import { shellWord } from '../../../shared/text/shell-word.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { Trouble, usage } from '../../../shared/trouble.ts';
import { findRepository } from '../../machine/repository/user-repository.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit, type ExitCode } from '../exit.ts';
import { explain } from '../help.ts';
import { minute, shownTriggerView, triggersView } from '../triggers-view.ts';

const actions = ['list', 'show', 'check', 'enable', 'disable', 'fire'] as const;

export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('[action]', 'what to do').choices(actions).default('list'))
    .argument('[name]', 'of the trigger: that of its file, without .yaml')
    .option('--repo <folder>', 'the git repository, or the URL of a remote that the runner may read', '.')
    .option('--all', 'list those that somebody enabled, or had, and those of all repositories that were added')
    .action(
      act(async (context, ...[action, name, options]) => {
        if (options.all === true && action !== 'list')
          throw usage('--all is for listing.', 'Name one repository with --repo.');
        if (action === 'list' || action === 'check') {
          if (name !== undefined) throw usage(`${action} takes no name.`, `Leave out ${cleanLine(name)}.`);
          return action === 'list' ? list(context, options) : check(context, options.repo);
        }
        if (name === undefined) throw usage('No trigger is named.', `Name it: longhaul triggers ${action} <name>`);
        const repository = repositoryOf(context, options.repo, action === 'disable' || action === 'show');
        if (action === 'show') return show(context, { repository, name });
        return change(context, { action, name, repository });
      }),
    );
  explain(command, {
    about: `A trigger begins runs by itself, at the times of a schedule or on something that happens. A repository brings its own, in
.longhaul/triggers/<name>.yaml on its default branch; it begins nothing before somebody enables it, whose authority its runs
have from then on. The operator of a runner may write others in its configuration (docs/operating.md), for repositories that have none:
they begin nothing either before somebody enables them, and of two of one name the operator's is the trigger. Its runs are of the default branch or the branch that it is about, and never of what is not committed.
Such a file says a recipe, a goal, or both, and when.

Either it has a schedule of cron's five fields, in a timeZone, with missed (skip, once, all), whileOpen (skip, begin) and
jitterMinutes. The runner has to be there at that time, and stays there for it; what it missed is made up for as missed says.

Or it says on what: {github: issue-labeled, label: agent}; issue-opened; issue-assigned with assignee; comment with command,
for "/longhaul <command> …"; review-submitted with state changes-requested; checks-failed, workflow-failed or push with branch;
release-published; dependabot-alert, code-scanning-alert, secret-scanning-alert; or {webhook: name}. With perDay and whileOpen (begin, skip). Only what people do
who may write to the repository counts. Servers tell the runner of it (docs/github.md, docs/gitlab.md).

With publish (draft, ready) a result whose checks pass becomes a pull request by itself, and so does each later round; whoever
enables the trigger agrees to that. With publish: ask somebody is asked first (longhaul decisions), and so it is with what looks
like a secret, or where the operator says so. ciRepairs is how many rounds its failing checks begin. With usdPerDay it is paused
once its runs of a day have spent so much; a model whose price is not known cannot be counted, and such a trigger not enabled.`,
    examples: [
      ['longhaul triggers check', 'whether the files here can be used, and when they would begin runs'],
      ['longhaul triggers enable nightly-tests', 'have it begin runs'],
      ['longhaul triggers show nightly-tests', 'what came of it lately'],
      ['longhaul triggers fire nightly-tests', 'begin its run now'],
      ['longhaul triggers --all', 'what begins runs by itself on this runner'],
    ],
    json: `list, enable, disable: {"triggers": [trigger, …]}
A trigger has repository, name, origin (repository, runner: of its configuration), standing (on, off, paused, stopped), enabledBy (null: nobody did), trigger (what its file says;
null: it cannot be used), problem (null, or what is wrong with it or went wrong), nextAt, last {run, number, status, failedChecks, at, dueAt
(null: for no time)}, and spent {runs, usd, unpriced} of the runs that it began within 30 days.
show: {"trigger": trigger, "firings": [{"at", "about", "url", "run" (null: none), "said" (null, or why not),
"unpublished" (null, or why its result was not published by itself)}, …]}
check: {"files": [{"name", "origin", "problem" (null: none), "next": [times]}, …]}
fire: {"run": run, "standing": of the trigger}, the run as "longhaul runs" has it.`,
  });
};

/** An absolute path, or a URL. `maybeGone`: the folder need not be there. */
const repositoryOf = (context: CommandContext, repo: string, maybeGone = false): string => {
  if (repo.includes('://')) return repo;
  if (context.remote !== null)
    throw usage(
      'A runner elsewhere does not see a folder here.',
      'Name the URL of a remote that it may read: --repo https://…',
    );
  const folder = resolve(context.cwd, repo);
  if (!maybeGone && !existsSync(folder))
    throw usage(`There is no folder ${folder}.`, 'Name a git repository with --repo.');
  return folder;
};

const list = async (
  context: CommandContext,
  { repo, all }: { readonly repo: string; readonly all?: true | undefined },
): Promise<ExitCode> => {
  const api = await context.runner();
  const repository = all === true ? null : repositoryOf(context, repo);
  const triggers = await api.call.triggers.list.query({ repository, ...(all === true ? { added: true } : {}) });
  context.printJson({ triggers });
  context.print(triggers.length === 0 ? none(repository) : triggersView(triggers, context.paint));
  return exit.done;
};

const none = (repository: string | null): string =>
  repository === null
    ? 'No trigger was ever enabled on this runner, and no repository that was added has any. Those of a repository: longhaul triggers --repo <folder>'
    : 'Its default branch has no triggers: commit one as .longhaul/triggers/<name>.yaml (longhaul triggers --help).';

const show = async (
  context: CommandContext,
  asked: { readonly repository: string; readonly name: string },
): Promise<ExitCode> => {
  const { call } = await context.runner();
  const shown = await call.triggers.show.query(asked);
  context.printJson(shown);
  context.print(shownTriggerView(shown, context.paint));
  return exit.done;
};

interface Change {
  readonly action: 'enable' | 'disable' | 'fire';
  readonly name: string;
  readonly repository: string;
}

const change = async (context: CommandContext, { action, name, repository }: Change): Promise<ExitCode> => {
  const { call } = await context.runner();
  if (action === 'fire') {
    const run = await call.triggers.fire.mutate({ repository, name, key: randomUUID() });
    const { trigger } = await call.triggers.show.query({ repository, name });
    const { standing } = trigger;
    context.printJson({ run: lineOf(run), standing });
    context.print(`Run ${run.number} was begun. Follow it with: longhaul watch ${run.number}`);
    if (standing !== 'on') context.print(staysText(trigger));
    return exit.done;
  }
  const trigger = await call.triggers[action].mutate({ repository, name });
  context.printJson({ triggers: [trigger] });
  context.print(
    action === 'enable' ? enabledText(trigger) : `${trigger.name} begins no runs any more. What it began goes on.`,
  );
  return exit.done;
};

/** A run that somebody begins by hand has it begin no others. */
const staysText = ({ name, repository, standing }: ListedTrigger): string =>
  `${name} stays ${standing}: it begins none by itself. To have it do so: longhaul triggers enable ${name} --repo ${shellWord(repository)}`;

const enabledText = ({ name, nextAt, trigger }: ListedTrigger): string => {
  const when = nextAt === null ? ', when it is told of what happens' : `, the next at ${minute(nextAt)}`;
  const published = trigger === null ? null : publishText(trigger);
  const agreed = published === null ? '' : ` You agreed that their results are ${published}.`;
  return `${name} begins runs from now on${when}. The runner stays there for it.${agreed}`;
};

/** The files as they are in the folder, committed or not, and what the runner's configuration has for it. Asks no runner. */
const check = async (context: CommandContext, repo: string): Promise<ExitCode> => {
  if (repo.includes('://')) throw usage('Only files in a folder can be checked.', 'Name a git repository with --repo.');
  const found = await findRepository(resolve(context.cwd, repo));
  if (!('root' in found)) throw new Trouble(found.reason, { remedy: found.remedy, code: 'invalid' });
  const { checkTriggers } = await import('../check-triggers.ts');
  const checked = await checkTriggers(context, found.root);
  context.printJson({ files: checked.map(({ about: _about, ...rest }) => rest) });
  if (checked.length === 0) context.print(`There is no .yaml file in ${join(found.root, '.longhaul', 'triggers')}.`);
  for (const { name, origin, problem, about, next } of checked)
    context.print(
      problem === null
        ? `${name}: ${about}${origin === 'runner' ? ', by the runner’s configuration' : ''}${next.length === 0 ? '' : `\n  next: ${next.map(minute).join(', ')}`}`
        : context.paint.red(cleanLine(problem)),
    );
  return checked.some(({ problem }) => problem !== null) ? exit.failed : exit.done;
};
