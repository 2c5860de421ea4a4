import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PublishInput } from '../../../shared/api/publication.ts';
import type { CheckReport } from '../../../shared/review/check-report.ts';
import { CiRepairs, effectKey } from '../../../shared/run/effect.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { clean, cleanLine, shownPath } from '../../../shared/text/clean.ts';
import { changeSize } from '../../../shared/text/figures.ts';
import { Trouble, usage } from '../../../shared/trouble.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import { bodyGiven, given } from '../publish-options.ts';
import { publishOutput } from '../publish-output.ts';
import { declined, isConfirmed, secretLines, toldOutcome } from '../publishing.ts';
import { stateOf } from '../resolve.ts';
import { indent } from '../text.ts';

export const define: Define = (command, act) => {
  command
    .argument('<run>', runArgument)
    .option('--remote <url>', 'where to (default: where the code came from)')
    .option('--branch <name>', 'the branch to make (default: one that names the run)')
    .option('--into <branch>', 'the branch to be merged into (default: the one that was delegated from)')
    .option('--title <text>', 'of the pull request')
    .option('--body <file>', 'its text, Markdown, from a file, instead of the one that is shown')
    .option('--ready', 'a pull request that is ready for review, and no draft')
    .option('--ci-repairs <times>', 'how many rounds its failing checks may begin in all (default: none; at most 10)')
    .option('--no-co-author', 'leave out of the commit who had the run begun')
    .option('--no-comment', 'say nothing of a later round on the pull request, and answer no remarks')
    .option('--resolve', 'resolve the threads of the remarks that are answered')
    .option('--branch-only', 'the branch, and no pull request')
    .option('--with-secrets', 'publish what looks like a secret, too: it was looked at')
    .option('--dry-run', 'show what would be published, and do nothing')
    .option('--no-wait', 'do not wait for what comes of it')
    .option('-y, --yes', 'do not ask')
    .action(
      act(async (context, run, options) => {
        const { api, state } = await stateOf(context, run);
        if (state.task.output.kind !== 'diff') return publishOutput(context, { api, state }, options);
        const [remote, branch, into] = [
          given('remote', options.remote),
          given('branch', options.branch),
          given('into', options.into),
        ];
        const proposed = await api.call.runs.publication.query({ run: state.id, remote, branch, into });
        const wanted = await changed(context, proposed, options);
        if (context.json && options.dryRun === true) context.printJson({ publication: wanted });
        for (const line of shown(state, wanted)) context.print(line);
        if (options.dryRun === true) return exit.done;
        if (options.yes !== true && !(await isConfirmed(context, wanted))) return declined(context);
        const { position } = await api.call.runs.list.query({ limit: 1 });
        // Whoever said yes at the terminal has seen them.
        const secrets = options.yes === true ? [] : wanted.secrets;
        const anySecrets = options.withSecrets === true;
        const after = await api.call.runs.publish.mutate({ ...wanted, secrets, anySecrets });
        const keys = keysOf(wanted);
        return toldOutcome(context, api, { state: after, position, keys, wait: options.wait });
      }),
    );
  explain(command, {
    about: `Makes a branch with the result on a remote, and a draft pull request where that is GitHub's or GitLab's. Shows all of it first, and asks;
what you see is what is published, and what you had not committed is not. The runner does it: it goes on where the runner is
stopped amid it, and makes nothing twice. The operator says where to (remotes in config.yaml, publish: true or ask); with ask,
whoever has not the role approver has somebody asked who does: "longhaul decisions" shows what waits. After another round,
publish again: the same branch gets another commit, and the pull request goes along. With --ci-repairs, checks there that fail
begin another round, with what they said; it spends from the run's budget, and waits for your review like any other. Where the
result is a comment, labels, a new issue or the draft of a release, that is what is published, and the run is accepted with it.
Without a terminal --yes is needed.`,
    examples: [
      ['longhaul publish 12 --dry-run', 'see what would be published'],
      ['longhaul publish 12', 'look at it and say yes or no'],
      ['longhaul publish 12 --branch-only --branch fix/parser --yes', 'a branch, from a script'],
    ],
    json: '{"run": {…}, "effects": [{"key", "status", "effect", …}, …], "asked": null, or the decision that somebody is asked first}; with --dry-run {"publication": {"remote", "branch", "pullRequest", …}}',
    exits: [[1, 'failed, or you said no']],
  });
};

interface Options {
  readonly title?: string;
  readonly body?: string;
  readonly ready?: true;
  readonly branchOnly?: true;
  readonly ciRepairs?: string;
  readonly comment: boolean;
  readonly coAuthor: boolean;
  readonly resolve?: true;
}

const changed = async (
  context: CommandContext,
  shownFirst: PublishInput,
  { title, body, ready, branchOnly, ciRepairs, comment, coAuthor, resolve: settles }: Options,
): Promise<PublishInput> => {
  const { pullRequest } = shownFirst;
  const proposed = coAuthor ? shownFirst : { ...shownFirst, message: subjectOf(shownFirst.message) };
  if (branchOnly === true || pullRequest === null) {
    if (
      title !== undefined ||
      body !== undefined ||
      ready !== undefined ||
      ciRepairs !== undefined ||
      !comment ||
      settles
    )
      throw usage(
        branchOnly === true
          ? '--title, --body, --ready, --ci-repairs, --resolve and --no-comment are for a pull request, and --branch-only makes none.'
          : `${proposed.remote} has no pull requests.`,
        'Leave them out.',
      );
    return { ...proposed, pullRequest: null };
  }
  return {
    ...proposed,
    pullRequest: {
      ...pullRequest,
      draft: ready !== true,
      ...(title !== undefined && { title: given('title', title) ?? title }),
      ...(settles && { replies: pullRequest.replies.map((reply) => ({ ...reply, resolve: settles })) }),
      ...(!comment && { comment: null, replies: [] }),
      ...(ciRepairs !== undefined && { ciRepairs: timesOf(ciRepairs) }),
      ...(body !== undefined && { body: bodyGiven(await textOf(resolve(context.cwd, body)), body) }),
    },
  };
};

const timesOf = (text: string): number => {
  const { success, data } = CiRepairs.safeParse(/^\d+$/.test(text) ? Number(text) : null);
  if (success) return data;
  throw usage(`--ci-repairs is a number from 0 to 10, and not "${cleanLine(text)}".`, 'Such as: --ci-repairs 2');
};

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Trouble(`${file} cannot be read.`, { remedy: 'Name a file with the text (--body).', cause: error });
  }
};

const shown = (state: RunState, { remote, branch, message, pullRequest, secrets }: PublishInput): readonly string[] => [
  `Run ${state.number}, "${cleanLine(state.task.title)}", round ${state.round}`,
  `Remote:  ${cleanLine(remote)}`,
  `Branch:  ${cleanLine(branch)}${state.result === null ? '' : `, ${changeSize(state.result)}`}`,
  ...(pullRequest === null
    ? [`Commit:  ${cleanLine(subjectOf(message))}`, ...trailers(message)]
    : [
        `Into:    ${cleanLine(pullRequest.into)}${pullRequest.draft ? ', as a draft' : ''}`,
        `Title:   ${cleanLine(pullRequest.title)}`,
        ...trailers(message),
        ...(pullRequest.ciRepairs === 0 ? [] : [`Checks:  ${repairsText(pullRequest.ciRepairs)}`]),
        '',
        indent(clean(pullRequest.body), '  '),
        '',
        ...(pullRequest.comment === null ? [] : ['Comment on it:', '', indent(clean(pullRequest.comment), '  '), '']),
        ...pullRequest.replies.map(
          ({ to, text, resolve }) =>
            `Answer to remark ${to}${resolve ? ', which resolves it' : ''}: ${cleanLine(text)}`,
        ),
        ...(pullRequest.check === null ? [] : checkLines(pullRequest.check)),
      ]),
  ...secretLines(secrets),
];

/** The first line of a commit's message. */
const subjectOf = (message: string): string => message.split('\n', 1)[0] ?? message;

const trailers = (message: string): readonly string[] =>
  message
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => `With:    ${cleanLine(line)}`);

const checkLines = ({ title, annotations }: CheckReport): readonly string[] => [
  `Check of the commit: ${cleanLine(title)}`,
  ...annotations.map(({ path, line, message }) => `  ${shownPath(path)}:${line}: ${cleanLine(message)}`),
];

const repairsText = (times: number): string => `those that fail begin another round, at most ${times} in all`;

const keysOf = ({ round, pullRequest }: PublishInput): readonly string[] => [
  effectKey(round, { kind: 'branch' }),
  ...(pullRequest === null ? [] : (['pull request', 'comment', 'replies', 'check'] as const)).map((kind) =>
    effectKey(round, { kind }),
  ),
];
