import { createHash, timingSafeEqual } from 'node:crypto';
import { verify } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import type { Delivered, News } from '../forges/delivered.ts';
import type { Forge } from '../forges/forge.ts';
import { deliveredBy as toldByGitHub } from '../github/webhook.ts';
import { deliveredBy as toldByGitLab } from '../gitlab/webhook.ts';
import type { Remotes } from '../remotes/remotes.ts';
import type { Store } from '../store/store.ts';

/** A request as it came: names of headers in lower case. */
export interface Arrival {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** `said`: a sentence for whoever looks at what the sender was answered. */
export interface ArrivalAnswer {
  readonly status: 200 | 202 | 400 | 401 | 403 | 404;
  readonly said: string;
}

export interface DeliveriesOptions {
  readonly remotes: Remotes;
  readonly store: Pick<Store, 'recordEvent'>;
  /** Something was kept that triggers may wait for. */
  readonly onKept: () => void;
  readonly onNews: (news: News) => void;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** What happened longer ago is not news: somebody may send again what they once saw. */
const longestAgoMs = 5 * 60_000;
const longestId = 100;

export const headerOf = ({ headers }: Arrival, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
};

export const fromGitHub = async (options: DeliveriesOptions, arrival: Arrival): Promise<ArrivalAnswer> => {
  const [name = '', id = '', signature = ''] = ['x-github-event', 'x-github-delivery', 'x-hub-signature-256'].map(
    (header) => headerOf(arrival, header),
  );
  if (name === '' || id === '' || signature === '' || id.length > longestId)
    return no(
      400,
      'This is no delivery of GitHub’s: X-GitHub-Event, X-GitHub-Delivery or X-Hub-Signature-256 is missing.',
    );
  const text = arrival.body.toString('utf8');
  const good: string[] = [];
  for (const secret of options.remotes.webhookSecrets.GitHub)
    // It throws where the signature has not the form of one.
    if (await verify(secret, text, signature).catch(() => false)) good.push(secret);
  if (good.length === 0) return no(401, 'It is not signed with a secret of this runner’s (webhookSecretVariable).');
  const payload = jsonOf(text);
  if (payload === undefined) return no(400, 'Its payload is no JSON: choose the content type application/json.');
  if (name === 'ping') return { status: 200, said: 'This runner hears you.' };
  return take(options, { forge: 'GitHub', good, id, body: arrival.body, delivered: toldByGitHub(name, payload) });
};

export const fromGitLab = async (options: DeliveriesOptions, arrival: Arrival): Promise<ArrivalAnswer> => {
  const name = headerOf(arrival, 'x-gitlab-event');
  // The first is the same each time that it is sent again; servers before 17.4 know the last alone.
  const [id = ''] = ['idempotency-key', 'webhook-id', 'x-gitlab-event-uuid']
    .map((header) => headerOf(arrival, header))
    .filter((each) => each !== '');
  if (name === '' || id === '' || id.length > longestId)
    return no(
      400,
      'This is no delivery of GitLab’s: X-Gitlab-Event, or Idempotency-Key and X-Gitlab-Event-UUID, is missing.',
    );
  const text = arrival.body.toString('utf8');
  const good = options.remotes.webhookSecrets.GitLab.filter((secret) => isGitLabs(secret, arrival, text));
  if (good.length === 0)
    return no(401, 'It carries no secret of this runner’s, as a token or a signature (webhookSecretVariable).');
  const payload = jsonOf(text);
  if (payload === undefined) return no(400, 'Its payload is no JSON.');
  return take(options, { forge: 'GitLab', good, id, body: arrival.body, delivered: toldByGitLab(name, payload) });
};

const signingToken = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

/** A signing token signs, as standardwebhooks.com says; any other secret comes along as it is. */
const isGitLabs = (secret: string, arrival: Arrival, text: string): boolean => {
  if (!signingToken.test(secret)) return isSame(secret, headerOf(arrival, 'x-gitlab-token'));
  const signed = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
    name,
    headerOf(arrival, name),
  ]);
  try {
    new Webhook(secret).verify(text, Object.fromEntries(signed), { jsonParse: false });
    return true;
  } catch {
    return false;
  }
};

/** In a time that tells nothing of either. */
const isSame = (one: string, other: string): boolean => {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
};

interface Taken {
  readonly forge: Forge['name'];
  /** Secrets that it was told with. */
  readonly good: readonly string[];
  readonly id: string;
  readonly body: Buffer;
  readonly delivered: Delivered;
}

/** What was told by somebody who knows a secret. */
const take = async (
  options: DeliveriesOptions,
  { forge, good, id, body, delivered }: Taken,
): Promise<ArrivalAnswer> => {
  const { remotes, now } = options;
  if (delivered.outcome === 'unreadable') return no(400, delivered.why);
  const events = delivered.outcome === 'events' ? delivered.events : [];
  const { news } = delivered;
  const repository = events[0]?.repository ?? news?.repository ?? null;
  // Who knows one repository's secret speaks for that one alone.
  const remote = repository === null ? null : (remotes.allowed(repository) ?? remotes.allowed(`${repository}.git`));
  const secret = remote?.forge?.name === forge ? remote.webhookSecret : null;
  if (repository !== null && (secret === null || !good.includes(secret)))
    return no(403, `This runner hears of nothing that happens at ${cleanLine(repository)} by this secret (remotes).`);
  const ago = delivered.outcome === 'events' && delivered.happenedAt !== null ? now() - delivered.happenedAt : 0;
  if (ago > longestAgoMs) return no(400, 'It happened more than five minutes ago.');
  if (ago < -longestAgoMs) return no(400, 'It is to happen more than five minutes from now: whose clock is right?');
  if (news !== null) options.onNews(news);
  const [first, ...others] = events;
  if (first === undefined) return { status: 202, said: 'Nothing here waits for that.' };
  const kept = [await keep(options, { id: `${forge.toLowerCase()} ${id}`, body, event: first })];
  for (const event of others) {
    // One delivery tells of several: each is known again by itself.
    const part = `${event.kind} ${event.value ?? ''}`;
    const partOf = Buffer.concat([Buffer.from(`${part}\n`), body]);
    kept.push(await keep(options, { id: `${forge.toLowerCase()} ${id} ${part}`, body: partOf, event }));
  }
  const best = (['new', 'known', 'unwanted'] as const).find((outcome) => kept.includes(outcome)) ?? 'unwanted';
  return { status: 202, said: said[best] };
};

interface Kept {
  readonly id: string;
  readonly body: Buffer;
  readonly event: OutsideEvent;
}

export const keep = async (
  { store, onKept }: DeliveriesOptions,
  { id, body, event }: Kept,
): Promise<keyof typeof said> => {
  const digest = createHash('sha256').update(body).digest('hex');
  const outcome = await store.recordEvent({ id, digest, event });
  if (outcome === 'new') onKept();
  return outcome;
};

export const said = {
  new: 'It was kept: triggers that wait for it are looked at.',
  known: 'It was told before.',
  unwanted: 'No trigger that is enabled here waits for anything there.',
} as const;

/** Undefined: it is none. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const no = (status: ArrivalAnswer['status'], why: string): ArrivalAnswer => ({ status, said: why });
