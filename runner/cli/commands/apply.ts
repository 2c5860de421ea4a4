import { Trouble, usage } from '../../../shared/trouble.ts';
import { resolve } from 'node:path';
import { ApplyInput } from '../../../shared/api/runner-api.ts';
import { issueText } from '../../../shared/tool/issues.ts';
import { appliedView, isComplete, resultWarnings } from '../applied-view.ts';
import { applyHere } from '../apply-here.ts';
import type { CommandContext } from '../context.ts';
import { problemOf } from '../connection/problem.ts';
import { exit } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import { jsonOf } from '../json-input.ts';
import type { Define } from '../define.ts';
import { stateOf } from '../resolve.ts';

export const define: Define = (command, act) => {
  command
    .argument('<run>', runArgument)
    .option('--branch <name>', 'make a branch of this name with the changes, and leave the working tree alone')
    .option('--without-own', 'with --branch: leave out what you had not committed when you delegated')
    .option('--repo <folder>', 'with a runner elsewhere: the repository on this machine (default: the one here)')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--undo', 'take the last application back')
    .option(
      '--how',
      'for programs: how, as JSON on stdin, as the API takes it ("how" of ApplyInput): a part of the result',
    )
    .action(
      act(async (context, run, options) => {
        const how = options.how === true ? await givenHow(context) : howOf(options);
        const { api, state } = await stateOf(context, run);
        if (context.remote === null && options.repo !== undefined)
          throw usage('--repo is for a runner elsewhere.', 'Leave it out: the run knows its repository.');
        const applied =
          context.remote === null
            ? await api.call.runs.applyChanges.mutate({ run: state.id, how }).catch((error: unknown) => {
                throw amid(error, { how, run: state.number });
              })
            : await applyHere(context, api, { state, repository: resolve(context.cwd, options.repo ?? '.'), how });
        context.printJson(applied);
        context.print(appliedView(applied, { run: state.number, paint: context.paint }));
        if (how.kind !== 'undo') for (const warning of resultWarnings(state)) context.print(warning);
        return isComplete(applied) ? exit.done : exit.failed;
      }),
    );
  explain(command, {
    about: `Merges what the run changed into your working tree, three-way: what you changed since then stays. Where both changed
the same lines, the file gets conflict markers with both; what cannot be merged so (binary files, deleted ones) is left
as you have it. Index, HEAD and stash are not touched, and --undo takes it back. With a runner elsewhere (--url) the
repository is the one that you stand in, or --repo. A file that still has the conflict of an earlier application is not
merged into again.`,
    examples: [
      ['longhaul apply 12 --dry-run', 'see what would happen'],
      ['longhaul apply 12', 'do it'],
      ['longhaul apply 12 --branch fix/parser', 'as a branch instead'],
      ['longhaul apply 12 --undo', 'take it back'],
    ],
    json: `{"how": "worktree" | "branch" | "undo", "target": …, "dryRun": …, "files": [{"path", "outcome", "reason"}, …],
"cautions": [{"path", "cautions": [{"kind", "text"}, …]}, …]}
An outcome is written, removed, already (it was there), merged, conflict or refused.`,
    exits: [[1, 'failed, or at least one file is a conflict or was refused']],
  });
};

/** Nobody answered: what was written till then lies there, and the runner has what it needs to take it back. */
const amid = (error: unknown, { how, run }: { readonly how: ApplyInput['how']; readonly run: number }): unknown => {
  const problem = problemOf(error);
  if (problem?.code !== 'unreachable' || (how.kind === 'worktree' && how.dryRun)) return error;
  const back =
    how.kind === 'branch'
      ? 'See whether the branch is there, else do it again'
      : `Do it again, which finishes it, or take it back: longhaul apply ${run} --undo`;
  return new Trouble(`${problem.message} Some of it may have been done before.`, {
    remedy: `${back}. A command starts the runner anew.`,
    code: 'unreachable',
    cause: error,
  });
};

const givenHow = async ({ terminal }: CommandContext): Promise<ApplyInput['how']> => {
  const parsed = ApplyInput.shape.how.safeParse(jsonOf(await terminal.input()));
  if (parsed.success) return parsed.data;
  throw usage(issueText(parsed.error, 'the input'), 'Give what "how" of "runs.applyChanges" of the API takes.');
};

interface HowOptions {
  readonly branch?: string;
  readonly withoutOwn?: boolean;
  readonly dryRun?: boolean;
  readonly undo?: boolean;
}

const howOf = ({ branch, withoutOwn = false, dryRun = false, undo = false }: HowOptions): ApplyInput['how'] => {
  if ([branch !== undefined, dryRun, undo].filter(Boolean).length > 1)
    throw usage('--branch, --dry-run and --undo exclude one another.', 'Give one of them.');
  if (withoutOwn && branch === undefined)
    throw usage(
      '--without-own is for --branch.',
      'Name a branch with --branch, or leave it out: in the working tree what is yours stays as it is, and nothing is committed.',
    );
  if (undo) return { kind: 'undo' };
  const whole = { accepted: null, patch: null };
  return branch === undefined
    ? { kind: 'worktree', dryRun, ...whole }
    : { kind: 'branch', branch, own: !withoutOwn, ...whole };
};
