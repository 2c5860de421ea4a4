import type { OutputPublicationInput, PublishOutputInput } from '../../../shared/api/output-publication.ts';
import type { Principal } from '../../../shared/api/runner-api.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { outputBody } from '../../../shared/review/output-body.ts';
import { published } from '../../../shared/run/command-of-effects.ts';
import type { OutputEffect } from '../../../shared/run/effect.ts';
import { needsSubject, type GivenOutput, type Subject } from '../../../shared/run/output.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { harmlessTitle } from '../../../shared/text/harmless-title.ts';
import { secretsIn } from '../effects/secrets.ts';
import { outputOf } from './output.ts';
import { whyAsked } from './may-publish.ts';
import { actor, asPerson, commandRun, refused, runOf, type ControlPlane, type Person } from './plane.ts';
import { keep, publishingTo, remoteOfRun, resultOf, type Wish } from './publish.ts';
import { mustBeShown } from './publish-secrets.ts';

type What = PublishOutputInput['what'];

/** What publishing a result that is no diff would do, and what would be said. Throws RefusedError. */
export const outputPublication = async (
  plane: ControlPlane,
  caller: Principal,
  { run, remote }: OutputPublicationInput,
): Promise<PublishOutputInput> => {
  const state = await runOf(plane, asPerson(caller), run);
  const { patch } = resultOf(state);
  const output = await publishable(plane, state);
  const url = await placeFor(plane, state, remote);
  whyAsked(asPerson(caller), { remote: url, publishing: publishingTo(plane, url).publishing });
  const what = whatOf(state, output);
  const { round } = state;
  // What is published already, or is under way, is refused before a person reads it all.
  const asked = published(state, {
    kind: 'publish',
    by: '',
    round,
    patch,
    effects: [effectOf(what, { remote: url, body: '' })],
    ask: null,
  });
  if ('refusal' in asked) throw new RefusedError(asked.refusal);
  return { run, round, patch, remote: url, what, secrets: await secretsOf(what), anySecrets: false };
};

/** Puts on record that it is to be done, or has somebody asked who may say so. Throws RefusedError. */
export const publishOutput = async (
  plane: ControlPlane,
  caller: Principal,
  input: PublishOutputInput,
): Promise<RunState> => {
  const person = asPerson(caller);
  const state = await runOf(plane, person, input.run);
  const remote = await placeFor(plane, state, input.remote);
  const why = whyAsked(person, { remote, publishing: publishingTo(plane, remote).publishing });
  return publishOutputWish(plane, person, { input, why });
};

/** The same for whoever's right to that was looked at. Throws RefusedError. */
export const publishOutputWish = async (
  plane: ControlPlane,
  person: Person,
  { input, why }: Wish<PublishOutputInput>,
): Promise<RunState> => {
  const state = await runOf(plane, person, input.run);
  const { round, patch, what } = input;
  const output = await publishable(plane, state);
  const remote = await placeFor(plane, state, input.remote);
  mustBeOf(state, output, what);
  const secrets = await secretsOf(what);
  if (!input.anySecrets) mustBeShown(state, secrets, input.secrets);
  const body = 'body' in what ? await keep(plane, state, what.body) : '';
  plane.log.info({ run: state.id, remote, what: what.kind, by: actor(person) }, 'a result is to be published');
  return commandRun(plane, person, {
    run: state.id,
    command: (by) => ({
      kind: 'publish',
      by,
      round,
      patch,
      effects: [effectOf(what, { remote, body })],
      ask: why === null ? null : { reason: why, secrets },
    }),
  });
};

const publishable = async (plane: ControlPlane, state: RunState): Promise<Exclude<GivenOutput, { kind: 'report' }>> => {
  const { number, task } = state;
  const output = await outputOf(plane, state);
  if (output?.kind === 'report' || task.output.kind === 'report')
    throw refused(
      'conflict',
      `The result of run ${number} is a report: it is for you, and is published nowhere.`,
      `Read it: longhaul show ${number}. Then: longhaul accept ${number}`,
    );
  if (output === null)
    throw refused(
      'conflict',
      `Run ${number} has nothing to say: its result is what it changed.`,
      `Publish that: longhaul publish ${number}`,
    );
  if (output.kind === 'labels' && output.labels.length === 0)
    throw refused(
      'conflict',
      `Run ${number} found no label that fits: there is nothing to publish.`,
      `Accept that: longhaul accept ${number}. Or ask again: longhaul discard ${number} --changes "…"`,
    );
  return output;
};

/** What is said on something is said there and nowhere else. */
const placeFor = async (plane: ControlPlane, state: RunState, wanted: string | null): Promise<string> => {
  const { subject, output } = state.task;
  const own = needsSubject(output) ? subjectOf(state).remote : null;
  const { allowed, publishing } = publishingTo(plane, own ?? wanted ?? (await remoteOfRun(state)));
  if (own !== null && wanted !== null && plane.remotes.allowed(wanted)?.url !== allowed.url)
    throw refused('invalid', `Run ${state.number} is about something of ${subject?.remote}.`, 'Leave --remote out.');
  if (publishing.forge !== null) return allowed.url;
  throw refused(
    'invalid',
    `${allowed.url} is no repository of GitHub’s or GitLab’s.`,
    'Say it there by hand: longhaul show has it.',
  );
};

const subjectOf = ({ number, task: { subject } }: RunState): Subject => {
  if (subject !== null) return subject;
  throw refused(
    'conflict',
    `Run ${number} is about no issue and no pull request.`,
    'Delegate it again, with --about https://github.com/acme/shop/issues/12',
  );
};

const whatOf = (state: RunState, output: Exclude<GivenOutput, { kind: 'report' }>): What => {
  switch (output.kind) {
    case 'comment':
      return { kind: 'answer', on: onOf(state), body: outputBody(state, output) };
    case 'labels':
      return { kind: 'labels', on: onOf(state), labels: [...output.labels] };
    case 'issue':
      return { kind: 'issue', title: harmlessTitle(output.title) || 'Untitled', body: outputBody(state, output) };
    case 'release':
      return {
        kind: 'release',
        tag: output.tag,
        title: harmlessTitle(output.title) || 'Untitled',
        body: outputBody(state, output),
      };
  }
};

const onOf = (state: RunState): Pick<Subject, 'kind' | 'number'> => {
  const { kind, number } = subjectOf(state);
  return { kind, number };
};

const kinds = { comment: 'answer', labels: 'labels', issue: 'issue', release: 'release' } as const;

/** A person may say it otherwise, and not something else, nor somewhere else. */
const mustBeOf = (state: RunState, output: Exclude<GivenOutput, { kind: 'report' }>, what: What): void => {
  const { output: wanted } = state.task;
  const isElsewhere = 'on' in what && JSON.stringify(what.on) !== JSON.stringify(onOf(state));
  const isForbidden =
    what.kind === 'labels' && wanted.kind === 'labels' && !what.labels.every((label) => wanted.allowed.includes(label));
  if (what.kind === kinds[output.kind] && !isElsewhere && !isForbidden) return;
  throw refused(
    'invalid',
    `That is not what run ${state.number} came to.`,
    `See what would be published: longhaul publish ${state.number} --dry-run`,
  );
};

const effectOf = (what: What, { remote, body }: { readonly remote: string; readonly body: string }): OutputEffect =>
  what.kind === 'labels' ? { ...what, remote } : { ...what, remote, body };

const secretsOf = (what: What): Promise<string[]> =>
  secretsIn([], [...('title' in what ? [what.title] : []), ...('body' in what ? [what.body] : [])]);
