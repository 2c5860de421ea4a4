import type { DecisionVerdict } from '../../decision/decision.ts';
import type { BaseCommit } from '../base-commit.ts';
import { actor, clean, cleanLine, exactArguments } from '../../text/clean.ts';
import { plural } from '../../text/figures.ts';
import { publicationParts } from './publication.ts';
import {
  because,
  saying,
  type Body,
  type DecisionFacts,
  type MomentOf,
  type Scene,
  type Tellers,
  type Telling,
} from './moment.ts';

/** Of what people are asked, decide and say. */
export const people: Tellers<
  'decision.requested' | 'decision.made' | 'decision.expired' | 'decision.renewed' | 'message.sent' | 'review.decided'
> = {
  'decision.requested': ({ request }, { at, askedAbout }) => {
    const { call } = request.requester;
    const earlier = call === null ? undefined : askedAbout(call);
    const told: Telling = {
      key: `decision ${request.id}`,
      mark: 'busy',
      text: `Asked: ${cleanLine(request.action)}`,
      detail: standings.pending,
      parts: [
        { label: 'Why', text: clean(request.reason) },
        ...(publicationParts(request) ?? [{ label: 'Exactly', text: exactArguments(request.arguments) }]),
        { label: 'Hash', text: request.hash },
      ],
      about: { kind: 'decision', decision: { request, requestedAt: at, status: 'pending', made: null } },
    };
    const withdrawn = earlier !== undefined && earlier.about.decision.made === null;
    return withdrawn ? [...undecided(earlier, 'withdrawn'), told] : [told];
  },
  'decision.made': ({ decision, verdict, by }, { at, decision: asked }) => {
    const moment = asked(decision);
    if (moment === undefined) return [];
    const edited = verdict.kind === 'approved' && verdict.arguments !== null ? verdict.arguments : null;
    const instead = edited === null ? [] : [{ label: 'Approved instead', text: exactArguments(edited) }];
    return {
      ...moment,
      mark: verdict.kind === 'rejected' ? 'bad' : 'ok',
      detail: `${verdictText(verdict)} by ${actor(by)}`,
      parts: [...moment.parts, ...instead],
      about: { kind: 'decision', decision: { ...moment.about.decision, status: 'decided', made: { verdict, by, at } } },
    };
  },
  'decision.expired': ({ decision }, { decision: asked }) => undecided(asked(decision), 'expired'),
  'decision.renewed': ({ decision, expiresAt, by }, { decision: asked }) =>
    asAnother(asked(decision), (facts) => ({
      mark: 'busy',
      detail: `asked again by ${actor(by)}`,
      decision: { ...facts, status: 'pending', request: { ...facts.request, expiresAt } },
    })),
  'message.sent': ({ by, text }) => ({
    mark: 'person',
    text: actor(by),
    ...saying(text),
    about: { kind: 'message', message: { by, text } },
  }),
  'review.decided': ({ by, from, verdict, reason, comments, merge }, scene) => [
    ...unpublished(scene),
    {
      ...(from === 'person'
        ? { mark: 'person', text: `${reviewed[verdict]} by ${actor(by)}${because(reason)}` }
        : { mark: 'warning', text: `Another round: ${whyAnother(merge)}` }),
      detail: comments.length === 0 ? '' : plural(comments.length, 'comment'),
      parts: [
        ...(from !== 'checks' ? [] : [{ label: 'What they said', text: clean(reason) }]),
        ...comments.map(({ path, line, text }) => ({
          label: `${cleanLine(path)}${line === null ? '' : `:${line}`}`,
          text: clean(text),
        })),
      ],
      about: { kind: 'review', review: { by, verdict, text: reason, comments } },
    },
  ],
};

/** `merge` null: checks failed. */
const whyAnother = (merge: BaseCommit | null): string =>
  merge === null
    ? 'checks of the pull request failed'
    : `the pull request conflicts with ${cleanLine(merge.branch)}, which is merged into it (${merge.commit.slice(0, 12)})`;

/** How a decision stands that nobody has made. */
const standings: Record<Exclude<DecisionFacts['status'], 'decided'>, string> = {
  pending: 'waits',
  expired: 'expired undecided',
  withdrawn: 'withdrawn: it was asked anew',
  void: 'void: the run ended first',
  moot: 'withdrawn: the result was published or judged otherwise',
};

const asAnother = (
  moment: MomentOf<'decision'> | undefined,
  change: (
    facts: DecisionFacts,
  ) => Pick<Telling, 'mark'> & { readonly detail: string; readonly decision: DecisionFacts },
): readonly Telling[] => {
  if (moment === undefined) return [];
  const { mark, detail, decision } = change(moment.about.decision);
  return [{ ...moment, mark, detail, about: { kind: 'decision', decision } }];
};

const undecided = (
  moment: MomentOf<'decision'> | undefined,
  status: Exclude<DecisionFacts['status'], 'decided'>,
): readonly Telling[] =>
  asAnother(moment, (facts) => ({
    mark: status === 'pending' ? 'busy' : 'warning',
    detail: standings[status],
    decision: { ...facts, status },
  }));

const pending = ({ decisions }: Pick<Scene, 'decisions'>, publishing: boolean): readonly MomentOf<'decision'>[] =>
  decisions().filter(
    ({ about: { decision } }) => decision.status === 'pending' && (decision.request.kind === 'publish') === publishing,
  );

/** What was asked about publishing the result is not asked any more. */
export const unpublished = (scene: Scene): readonly Telling[] =>
  pending(scene, true).flatMap((moment) => undecided(moment, 'moot'));

/** What waited for a person when the run ended waits no more. */
export const voided = (scene: Scene): readonly Telling[] => [
  ...pending(scene, false).flatMap((moment) => undecided(moment, 'void')),
  ...unpublished(scene),
];

/** And waits again when it goes on. */
export const awaitedAgain = ({ decisions }: Scene): readonly Telling[] =>
  decisions()
    .filter(({ about }) => about.decision.status === 'void')
    .flatMap((moment) => undecided(moment, 'pending'));

const reviewed: Record<Body<'review.decided'>['verdict'], string> = {
  accepted: 'Accepted',
  rejected: 'Rejected',
  changes: 'Changes requested',
};

/** What a person decided, as a word or a few. */
const verdictText = (verdict: DecisionVerdict): string => {
  switch (verdict.kind) {
    case 'approved':
      return verdict.arguments === null ? 'approved' : 'approved with other arguments';
    case 'rejected':
      return verdict.reason === '' ? 'rejected' : `rejected (${cleanLine(verdict.reason)})`;
    case 'answered':
      return `answered "${cleanLine(verdict.answer)}"`;
  }
};
