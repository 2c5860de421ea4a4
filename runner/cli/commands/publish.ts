import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PublishInput } from '../../../shared/api/publication.ts';
import { CiRepairs, effectKey, type Effect, type EffectState } from '../../../shared/run/effect.ts';
import { reduce } from '../../../shared/run/reduce.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { lineOf } from '../../../shared/run/summary.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import { changeSize } from '../../../shared/text/figures.ts';
import { Trouble, usage } from '../../../shared/trouble.ts';
import type { Api } from '../connection/client.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit, type ExitCode } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import { reconnecting } from '../reconnect.ts';
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
    .option('--no-comment', 'say nothing of a later round on the pull request')
    .option('--branch-only', 'the branch, and no pull request')
    .option('--with-secrets', 'publish what looks like a secret, too: it was looked at')
    .option('--dry-run', 'show what would be published, and do nothing')
    .option('--no-wait', 'do not wait for what comes of it')
    .option('-y, --yes', 'do not ask')
    .action(
      act(async (context, run, options) => {
        const { api, state } = await stateOf(context, run);
        const { remote = null, branch = null, into = null } = options;
        const proposed = await api.call.runs.publication.query({ run: state.id, remote, branch, into });
        const wanted = await changed(context, proposed, options);
        if (context.json && options.dryRun === true) context.printJson({ publication: wanted });
        for (const line of shown(state, wanted)) context.print(line);
        if (options.dryRun === true) return exit.done;
        if (options.yes !== true && !(await isConfirmed(context, wanted))) {
          context.note('Nothing was published.');
          context.printJson({ error: { code: 'declined', message: 'Nothing was published.', remedy: '' } });
          return exit.failed;
        }
        const { position } = await api.call.runs.list.query({ limit: 1 });
        // Whoever said yes at the terminal has seen them.
        const secrets = options.yes === true ? [] : wanted.secrets;
        const anySecrets = options.withSecrets === true;
        const after = await api.call.runs.publish.mutate({ ...wanted, secrets, anySecrets });
        const end = options.wait ? await settled(context, api, { state: after, position, wanted }) : after;
        return conclude(context, end, wanted);
      }),
    );
  explain(command, {
    about: `Makes a branch with the result on a remote, and a draft pull request where that is GitHub's. Shows all of it first, and asks;
what you see is what is published, and what you had not committed is not. The runner does it: it goes on where the runner is
stopped amid it, and makes nothing twice. The operator says where to (remotes in config.yaml, publish: true). After another round,
publish again: the same branch gets another commit, and the pull request goes along. With --ci-repairs, checks there that fail
begin another round, with what they said; it spends from the run's budget, and waits for your review like any other. Without a terminal --yes is needed.`,
    examples: [
      ['longhaul publish 12 --dry-run', 'see what would be published'],
      ['longhaul publish 12', 'look at it and say yes or no'],
      ['longhaul publish 12 --branch-only --branch fix/parser --yes', 'a branch, from a script'],
    ],
    json: '{"run": {…}, "effects": [{"key", "status", "effect", …}, …]}; with --dry-run {"publication": {"remote", "branch", "pullRequest", …}}',
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
}

const changed = async (
  context: CommandContext,
  proposed: PublishInput,
  { title, body, ready, branchOnly, ciRepairs, comment }: Options,
): Promise<PublishInput> => {
  const { pullRequest } = proposed;
  if (branchOnly === true || pullRequest === null) {
    if (title !== undefined || body !== undefined || ready !== undefined || ciRepairs !== undefined || !comment)
      throw usage(
        branchOnly === true
          ? '--title, --body, --ready, --ci-repairs and --no-comment are for a pull request, and --branch-only makes none.'
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
      ...(title !== undefined && { title }),
      ...(!comment && { comment: null }),
      ...(ciRepairs !== undefined && { ciRepairs: timesOf(ciRepairs) }),
      ...(body !== undefined && { body: await textOf(resolve(context.cwd, body)) }),
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
    ? [`Commit:  ${cleanLine(message)}`]
    : [
        `Into:    ${cleanLine(pullRequest.into)}${pullRequest.draft ? ', as a draft' : ''}`,
        `Title:   ${cleanLine(pullRequest.title)}`,
        ...(pullRequest.ciRepairs === 0 ? [] : [`Checks:  ${repairsText(pullRequest.ciRepairs)}`]),
        '',
        indent(clean(pullRequest.body), '  '),
        '',
        ...(pullRequest.comment === null ? [] : ['Comment on it:', '', indent(clean(pullRequest.comment), '  '), '']),
      ]),
  ...(secrets.length === 0 ? [] : ['Looks like a secret:', ...secrets.map((secret) => `  ${cleanLine(secret)}`), '']),
];

const repairsText = (times: number): string => `those that fail begin another round, at most ${times} in all`;

const isConfirmed = async ({ terminal }: CommandContext, { secrets }: PublishInput): Promise<boolean> => {
  if (!terminal.interactive) throw usage('Publishing needs a person.', 'Publish at a terminal, or say --yes.');
  const question = secrets.length === 0 ? 'Publish this? [y/N] ' : 'Publish this, and what looks like a secret? [y/N] ';
  return /^y(es)?$/i.test(((await terminal.ask(question)) ?? '').trim());
};

/** What was asked for in this publication, as far as it has come. */
const asked = ({ effects }: RunState, { round, pullRequest }: PublishInput): readonly EffectState[] => {
  const keys = [
    effectKey(round, { kind: 'branch' }),
    ...(pullRequest === null
      ? []
      : [effectKey(round, { kind: 'pull request' }), effectKey(round, { kind: 'comment' })]),
  ];
  return effects.filter(({ key }) => keys.includes(key));
};

const isUnderWay = (state: RunState, wanted: PublishInput): boolean => {
  const effects = asked(state, wanted);
  return effects.every(({ status }) => status !== 'failed') && effects.some(({ status }) => status === 'requested');
};

/** Follows the run until it is known what came of it, or the person has seen enough. */
const settled = async (
  context: CommandContext,
  api: Api,
  { state, position, wanted }: { readonly state: RunState; readonly position: number; readonly wanted: PublishInput },
): Promise<RunState> => {
  const { follow } = await import('../connection/feed.ts');
  const signal = context.interrupted();
  let now = state;
  context.note('Publishing…');
  if (!isUnderWay(now, wanted)) return now;
  const connect = reconnecting(context, api, signal);
  for await (const event of follow({ run: state.id, after: position, signal, connect })) {
    if (event.seq !== now.seq + 1) continue;
    now = reduce(now, event) ?? now;
    if (event.body.type === 'effect.delayed')
      context.note(`${cleanLine(event.body.said)} Tried again at ${event.body.retryAt}.`);
    if (!isUnderWay(now, wanted)) break;
  }
  return now;
};

const madeText = ({ kind, branch }: Effect, reference: string): string => {
  if (kind === 'branch') return `Branch ${cleanLine(branch)}`;
  return kind === 'comment' ? 'Comment' : `Pull request ${reference}`;
};

const conclude = (context: CommandContext, state: RunState, wanted: PublishInput): ExitCode => {
  const effects = asked(state, wanted);
  context.printJson({ run: lineOf(state), effects });
  const failed = effects.find(({ status }) => status === 'failed');
  for (const each of effects) {
    if (each.status !== 'done') continue;
    const { reference, url, notes } = each.result;
    const what = madeText(each.effect, reference);
    context.print(`${what}: ${url ?? reference.slice(0, 12)}`);
    for (const note of notes) context.note(cleanLine(note));
  }
  if (failed?.status === 'failed') throw new Trouble(cleanLine(failed.said), { remedy: cleanLine(failed.remedy) });
  if (isUnderWay(state, wanted)) context.note(`It goes on without you: longhaul show ${state.number}`);
  return exit.done;
};
