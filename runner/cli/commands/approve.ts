import { InvalidArgumentError } from '@commander-js/extra-typings';
import { Trouble, usage } from '../../../shared/trouble.ts';
import type { Json } from '../../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import type { CommandContext } from '../context.ts';
import { decisionHash } from '../decision-hash.ts';
import { exactArguments } from '../../../shared/text/clean.ts';
import { decisionView } from '../decision-view.ts';
import { editJson, readJson } from '../edit-json.ts';
import { exit, type ExitCode } from '../exit.ts';
import { effectKey } from '../../../shared/run/effect.ts';
import { publishArguments } from '../../../shared/run/publish-decision.ts';
import type { Api } from '../connection/client.ts';
import { readPublished, type Published } from '../publication-view.ts';
import { conclude, settled } from '../publishing.ts';
import { utc } from '../../../shared/text/figures.ts';
import { decisionArgument, explain, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { decisionOf, subjectOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';
import { indent } from '../text.ts';

export const define: Define = (command, act) => {
  command
    .argument('<decision>', decisionArgument)
    .option('--edit', 'change the arguments in $EDITOR before approving')
    .option('--arguments <json>', 'approve with these arguments instead: JSON, or @file')
    .option('--hash <digits>', 'only if its hash begins so: 8 digits or more of what you were shown before', hashDigits)
    .option('--renew', 'ask an expired decision again, and decide nothing yet')
    .option('--no-wait', 'where something is published: do not wait for what comes of it')
    .option('-y, --yes', 'do not ask')
    .action(
      act(async (context, decision, options) => {
        if (options.edit === true && options.arguments !== undefined)
          throw usage('--edit and --arguments exclude one another.', 'Give one of them.');
        const { api, open } = await decisionOf(context, decision);
        const { run, request } = open;
        if (options.renew === true) {
          const after = await api.call.decisions.renew.mutate({ run, decision: request.id });
          const renewed = after.decisions[request.id]?.request.expiresAt ?? request.expiresAt;
          return runResult(context, after, `Asked again, until ${utc(renewed)}: longhaul approve ${request.id}`);
        }
        checkHash(open, options.hash);
        const edited = await editedArguments(context, open, options);
        const published = options.yes === true ? null : await readPublished(api, open);
        if (!(await isConfirmed(context, { open, edited, published, yes: options.yes === true }))) {
          context.note('Nothing was approved.');
          context.printJson({ error: { code: 'declined', message: 'Nothing was approved.', remedy: '' } });
          return exit.failed;
        }
        const verdict = { kind: 'approved', arguments: edited } as const;
        if (request.kind === 'publish') return publishApproved(context, api, { open, wait: options.wait });
        const after = await api.call.decisions.decide.mutate({ ...subjectOf(open), verdict });
        return runResult(context, after, `Approved. Run ${after.number} goes on: longhaul watch ${after.number}`);
      }),
    );
  explain(command, {
    about: `Shows exactly what is approved, and asks. The approval is bound to the hash of what was shown: if the runner has
anything else under that id, it refuses. Edited arguments are checked again by the tool and by policy.
Where something is to be published, approving it publishes exactly what was shown, and says what came of it.
Without a terminal --yes is needed.`,
    examples: [
      ['longhaul approve dec_k3v9x2', 'look at it and say yes or no'],
      ['longhaul approve dec_k3v9x2 --yes --hash 3f2a9c81', 'from a script, bound to what was shown'],
      ['longhaul approve dec_k3v9x2 --arguments \'{"budget":"turns","limit":80}\'', 'with other arguments'],
      ['longhaul approve dec_k3v9x2 --renew', 'it expired: ask again'],
      ['longhaul approve 12', 'what run 12 asks, such as to publish its result'],
    ],
    json: `${runJson}
Where something was published: {"run": {…}, "effects": [{"key", "status", "effect", …}, …]}, as "longhaul publish" has it.`,
    exits: [[1, 'failed, or you said no; nothing was approved']],
  });
};

/** Fewer digits, as of a variable that is not set, would let anything pass. */
const hashDigits = (text: string): string => {
  if (!/^[0-9a-f]{8,64}$/i.test(text))
    throw new InvalidArgumentError('Give 8 or more of the digits that `longhaul decisions` shows.');
  return text.toLowerCase();
};

const checkHash = (open: DecisionSummary, expected: string | undefined): void => {
  const hash = decisionHash(open);
  if (hash !== open.request.hash)
    throw new Trouble(`The hash of ${open.request.id} does not match what it asks for.`, {
      remedy: 'Do not approve it; look into the log of the runner.',
      code: 'stale',
    });
  if (expected !== undefined && !hash.startsWith(expected))
    throw new Trouble(`${open.request.id} is not what you were shown: its hash begins with ${hash.slice(0, 12)}.`, {
      remedy: `Look at it again: longhaul decisions ${open.request.id}`,
      code: 'stale',
    });
};

/** Null: as asked. */
const editedArguments = async (
  context: CommandContext,
  open: DecisionSummary,
  options: { readonly edit?: boolean; readonly arguments?: string },
): Promise<Json | null> => {
  if (open.request.kind === 'publish' && (options.arguments !== undefined || options.edit === true))
    throw usage(
      'What is asked about publishing is approved as it is, or not at all.',
      `To have it otherwise: longhaul reject ${open.request.id}, then longhaul publish ${open.number} with what you want.`,
    );
  if (options.arguments !== undefined) return readJson(options.arguments, context.cwd);
  if (options.edit !== true) return null;
  if (!context.terminal.interactive) throw usage('--edit needs a terminal.', 'Give the arguments with --arguments.');
  const edited = await editJson(open.request.arguments, context.env);
  return JSON.stringify(edited) === JSON.stringify(open.request.arguments) ? null : edited;
};

interface Shown {
  readonly edited: Json | null;
  readonly published: Published | null;
}

/** Approves a publication, and says what came of it. */
const publishApproved = async (
  context: CommandContext,
  api: Api,
  { open, wait }: { readonly open: DecisionSummary; readonly wait: boolean },
): Promise<ExitCode> => {
  const { position } = await api.call.runs.list.query({ limit: 1 });
  const verdict = { kind: 'approved' } as const;
  const state = await api.call.decisions.decide.mutate({ ...subjectOf(open), verdict });
  const { round = state.round, effects = [] } = publishArguments(open.request) ?? {};
  const keys = effects.map((effect) => effectKey(round, effect));
  return conclude(context, wait ? await settled(context, api, { state, position, keys }) : state, keys);
};

const questionOf = ({ request }: DecisionSummary): string => {
  const asked = publishArguments(request);
  if (asked === null) return 'Approve this? [y/N] ';
  return asked.secrets.length === 0 ? 'Publish this? [y/N] ' : 'Publish this, and what looks like a secret? [y/N] ';
};

const isConfirmed = async (
  context: CommandContext,
  { open, edited, published, yes }: Shown & { readonly open: DecisionSummary; readonly yes: boolean },
): Promise<boolean> => {
  if (yes) return true;
  if (!context.terminal.interactive)
    throw usage(
      'Approving needs a person.',
      'Approve at a terminal, or say --yes (with --hash it is bound to what was shown).',
    );
  context.note(decisionView(open, { now: Date.now(), paint: context.paint, commands: false, published }));
  if (edited !== null)
    context.note(
      `  ${context.paint.yellow('with these arguments instead')}\n${indent(exactArguments(edited), '    ')}`,
    );
  const answer = await context.terminal.ask(questionOf(open));
  return /^y(es)?$/i.test((answer ?? '').trim());
};
