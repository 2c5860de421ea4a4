import type { PublishOutputInput } from '../../shared/api/output-publication.ts';
import { effectKey } from '../../shared/run/effect.ts';
import type { RunState } from '../../shared/run/state.ts';
import { clean, cleanLine } from '../../shared/text/clean.ts';
import { usage } from '../../shared/trouble.ts';
import type { Api } from './connection/client.ts';
import type { CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { given } from './publish-options.ts';
import { declined, isConfirmed, secretLines, toldOutcome } from './publishing.ts';
import { indent } from './text.ts';

/** Those of the options of `publish` that say something of a result that is no diff. */
const known: ReadonlySet<string> = new Set(['remote', 'withSecrets', 'dryRun', 'wait', 'comment', 'coAuthor', 'yes']);

interface Options {
  readonly remote?: string;
  readonly withSecrets?: true;
  readonly dryRun?: true;
  readonly wait: boolean;
  readonly yes?: true;
}

/** Publishes a result that is no diff, once a person has seen what would be said, and where. */
export const publishOutput = async (
  context: CommandContext,
  { api, state }: { readonly api: Api; readonly state: RunState },
  options: Options,
): Promise<ExitCode> => {
  const other = Object.keys(options).find((name) => !known.has(name));
  if (other !== undefined)
    throw usage(
      `The result of run ${state.number} is no change of files: it has no branch and no pull request.`,
      'Of the options leave in --remote, --with-secrets, --dry-run, --no-wait and --yes.',
    );
  const wanted = await api.call.runs.outputPublication.query({
    run: state.id,
    remote: given('remote', options.remote),
  });
  if (context.json && options.dryRun === true) context.printJson({ publication: wanted });
  for (const line of shown(state, wanted)) context.print(line);
  if (options.dryRun === true) return exit.done;
  if (options.yes !== true && !(await isConfirmed(context, wanted))) return declined(context);
  const { position } = await api.call.runs.list.query({ limit: 1 });
  const after = await api.call.runs.publishOutput.mutate({
    ...wanted,
    // Whoever said yes at the terminal has seen them.
    secrets: options.yes === true ? [] : wanted.secrets,
    anySecrets: options.withSecrets === true,
  });
  const keys = [effectKey(wanted.round, wanted.what)];
  return toldOutcome(context, api, { state: after, position, keys, wait: options.wait });
};

const shown = (state: RunState, { remote, what, secrets }: PublishOutputInput): readonly string[] => [
  `Run ${state.number}, "${cleanLine(state.task.title)}", round ${state.round}`,
  `Remote:  ${cleanLine(remote)}`,
  ...whatLines(what),
  ...secretLines(secrets),
];

const whatLines = (what: PublishOutputInput['what']): readonly string[] => {
  switch (what.kind) {
    case 'labels':
      return [`On:      ${what.on.kind} ${what.on.number}`, `Labels:  ${what.labels.map(cleanLine).join(', ')}`];
    case 'answer':
      return [`On:      ${what.on.kind} ${what.on.number}`, ...text('Comment', what.body)];
    case 'issue':
      return [`Title:   ${cleanLine(what.title)}`, ...text('New issue', what.body)];
    case 'release':
      return [
        `Tag:     ${cleanLine(what.tag)}`,
        `Title:   ${cleanLine(what.title)}`,
        ...text('Draft of a release', what.body),
      ];
  }
};

const text = (name: string, body: string): readonly string[] => [`${name}:`, '', indent(clean(body), '  '), ''];
