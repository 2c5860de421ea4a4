import type { DecisionRequest } from '../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../shared/run/summary.ts';
import { utc, span } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { exactArguments, visible } from '../../shared/text/clean.ts';
import { publicationView, type Published } from './publication-view.ts';
import { indent } from './text.ts';

export interface DecisionViewOptions {
  /** ms since the epoch */
  readonly now: number;
  readonly paint: Paint;
  /** False: without the commands that decide it, where the person is just being asked. */
  readonly commands?: boolean;
  /** What one about publishing names by its hash; null, or left out: it is told without. */
  readonly published?: Published | null;
}

/** Hex digits of the hash that are shown: enough to tell two questions apart by eye. */
const hashDigits = 12;

/** Everything that a decision is about, exactly, and the commands that make it. */
export const decisionView = (decision: DecisionSummary, options: DecisionViewOptions): string => {
  const { request } = decision;
  const { paint } = options;
  const line = (label: string, text: string): readonly string[] =>
    text === '' ? [] : [`  ${paint.dim(label.padEnd(13))} ${indent(visible(text), ' '.repeat(16)).trimStart()}`];
  return [
    `${paint.bold(request.id)}  ${paint.yellow(indent(visible(request.action), '    ').trimStart())}`,
    ...line('run', `${decision.number}  ${decision.title}  (${decision.run})`),
    ...line('asked by', asker(request)),
    ...line('why', request.reason),
    ...line('if approved', request.consequence),
    ...line('expires', expiry(decision, options.now)),
    ...line('if it expires', request.onExpiry),
    ...argumentsView(decision, options),
    ...line('choices', request.choices.map((choice) => JSON.stringify(choice)).join('  ')),
    // Of what is published it stands whole with the rest.
    ...line('on tree', request.kind === 'publish' ? '' : (request.tree?.slice(0, hashDigits) ?? '')),
    ...line('hash', request.hash.slice(0, hashDigits)),
    ...(options.commands === false ? [] : howToDecide(decision)).map((command) => `  ${paint.cyan(command)}`),
  ].join('\n');
};

const asker = ({ requester }: DecisionRequest): string =>
  requester.call === null ? 'Longhaul' : `the agent, in turn ${requester.turn}`;

const expiry = ({ status, request }: DecisionSummary, now: number): string => {
  const left = Date.parse(request.expiresAt) - now;
  return status === 'expired' || left <= 0
    ? `undecided since ${utc(request.expiresAt)}; nothing was done`
    : `in ${span(left)}, at ${utc(request.expiresAt)}`;
};

const argumentsView = (
  decision: DecisionSummary,
  { paint, published = null }: DecisionViewOptions,
): readonly string[] => {
  const { request } = decision;
  if (request.kind === 'question') return [];
  const publication = publicationView(decision, published, paint);
  return publication !== null
    ? [publication]
    : [
        `  ${paint.dim((request.tool ?? 'arguments').padEnd(13))}`.trimEnd(),
        indent(exactArguments(request.arguments), '    '),
      ];
};

/** The commands that decide it, as they can be typed, and the one that shows what it comes to so far. */
const howToDecide = ({ run, status, request }: DecisionSummary): readonly string[] => {
  const look = `longhaul diff ${run}${request.kind === 'publish' ? '' : ' --so-far'}`;
  if (status === 'expired') return [look, `longhaul approve ${request.id} --renew   asks again`];
  if (request.kind === 'question') return [look, `longhaul answer ${request.id} "…"`];
  return [look, `longhaul approve ${request.id}`, `longhaul reject ${request.id} --reason "…"`];
};

export const noDecisions = 'Nothing waits for your decision.';
