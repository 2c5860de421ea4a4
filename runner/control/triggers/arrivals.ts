import { createHash } from 'node:crypto';
import { verify } from '@octokit/webhooks-methods';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Logger } from 'pino';
import { z } from 'zod';
import { longestOutsideText, type OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { deliveredBy } from '../github/webhook.ts';
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

/** What servers elsewhere tell of what happened there. Nothing that is not signed with a secret of this runner's is looked at. */
export interface Arrivals {
  readonly github: (arrival: Arrival) => Promise<ArrivalAnswer>;
  /** By the name of the webhook. */
  readonly signed: (name: string, arrival: Arrival) => Promise<ArrivalAnswer>;
}

export interface ArrivalsOptions {
  readonly remotes: Remotes;
  readonly webhooks: KnownWebhooks;
  readonly store: Pick<Store, 'recordEvent'>;
  /** Something was kept that triggers may wait for. */
  readonly onKept: () => void;
  /** Of this repository's pull requests something may be otherwise than before. */
  readonly onNews: (repository: string) => void;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** What happened longer ago is not news: somebody may send again what they once saw. */
const longestAgoMs = 5 * 60_000;

/** Null where nothing can be told: no secret is known. */
export const openArrivals = (options: ArrivalsOptions): Arrivals | null => {
  const { webhooks: known } = options;
  if (Object.values(options.remotes.webhookSecrets).flat().length === 0 && known.size === 0) return null;
  return {
    github: (arrival) => fromGitHub(options, arrival),
    signed: async (name, arrival) => {
      const webhook = known.get(name);
      return webhook === undefined
        ? no(404, 'This runner knows no such webhook (webhooks in its config.yaml).')
        : fromWebhook(options, webhook, arrival);
    },
  };
};

interface KnownWebhook {
  readonly name: string;
  readonly tenant: string;
  readonly verifier: Webhook;
}

/** By name. */
export type KnownWebhooks = ReadonlyMap<string, KnownWebhook>;

/** Of a secret, as standardwebhooks.com asks for. */
const fewestBytes = 24;

/** Those with a good secret. One without is none, and the log says so: the runner has other work. */
export const knownWebhooks = (
  webhooks: RunnerConfig['webhooks'],
  env: Readonly<Record<string, string | undefined>>,
  log: Pick<Logger, 'error'>,
): KnownWebhooks =>
  new Map(
    webhooks.flatMap(({ name, tenant, secretVariable }) => {
      const secret = env[secretVariable] ?? '';
      if (/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) && Buffer.from(secret.slice(6), 'base64').length >= fewestBytes)
        return [[name, { name, tenant, verifier: new Webhook(secret) }] as const];
      log.error(
        { webhook: name, secretVariable },
        `a webhook is not heard: its variable does not hold whsec_ and at least ${fewestBytes} bytes in base64`,
      );
      return [];
    }),
  );

const one = (header: string | string[] | undefined): string => (typeof header === 'string' ? header : '');

const fromGitHub = async (options: ArrivalsOptions, { headers, body }: Arrival): Promise<ArrivalAnswer> => {
  const { remotes, now } = options;
  const [name, id, signature] = ['x-github-event', 'x-github-delivery', 'x-hub-signature-256'].map((header) =>
    one(headers[header]),
  );
  if (!name || !id || !signature || id.length > 100)
    return no(
      400,
      'This is no delivery of GitHub’s: X-GitHub-Event, X-GitHub-Delivery or X-Hub-Signature-256 is missing.',
    );
  const text = body.toString('utf8');
  const good: string[] = [];
  for (const secret of remotes.webhookSecrets.GitHub)
    if (await isSignedWith(secret, text, signature)) good.push(secret);
  if (good.length === 0) return no(401, 'It is not signed with a secret of this runner’s (webhookSecretVariable).');
  const payload = jsonOf(text);
  if (payload === undefined) return no(400, 'Its payload is no JSON: choose the content type application/json.');
  if (name === 'ping') return { status: 200, said: 'This runner hears you.' };
  const delivered = deliveredBy(name, payload);
  if (delivered.outcome === 'unreadable') return no(400, delivered.why);
  const repository = delivered.outcome === 'event' ? delivered.event.repository : delivered.news;
  // Who knows one repository's secret speaks for that one alone.
  const remote = repository === null ? null : (remotes.allowed(repository) ?? remotes.allowed(`${repository}.git`));
  const secret = remote?.webhookSecret ?? null;
  if (repository !== null && (secret === null || !good.includes(secret)))
    return no(403, `This runner hears of nothing that happens at ${cleanLine(repository)} by this secret (remotes).`);
  const ago = delivered.outcome === 'event' && delivered.happenedAt !== null ? now() - delivered.happenedAt : 0;
  if (ago > longestAgoMs) return no(400, 'It happened more than five minutes ago.');
  if (ago < -longestAgoMs) return no(400, 'It is to happen more than five minutes from now: whose clock is right?');
  if (repository !== null) options.onNews(repository);
  if (delivered.outcome === 'nothing') return { status: 202, said: 'Nothing here waits for that.' };
  return keep(options, { id: `github ${id}`, body, event: delivered.event });
};

const isSignedWith = (secret: string, text: string, signature: string): Promise<boolean> =>
  // It throws where the signature has not the form of one.
  verify(secret, text, signature).catch(() => false);

/** Undefined: it is none. */
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What is read of a payload, where it says it; all of it is there in the text. */
const Said = z
  .object({ title: z.string().catch(''), url: z.string().nullable().catch(null) })
  .catch({ title: '', url: null });

const fromWebhook = async (
  options: ArrivalsOptions,
  { name, tenant, verifier }: KnownWebhook,
  { headers, body }: Arrival,
): Promise<ArrivalAnswer> => {
  const text = body.toString('utf8');
  const signed = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((header) => [header, one(headers[header])]),
  );
  const id = signed['webhook-id'] ?? '';
  try {
    verifier.verify(text, signed, { jsonParse: false });
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return no(401, `It is not signed as standardwebhooks.com says, or not now: ${error.message}.`);
  }
  if (id.length > 200) return no(400, 'webhook-id: expected up to 200 characters.');
  const said = Said.parse(jsonOf(text));
  const url = said.url !== null && /^https?:\/\/[!-~]{1,1990}$/.test(said.url) ? said.url : null;
  const event: OutsideEvent = {
    source: 'webhook',
    kind: name,
    value: null,
    repository: null,
    tenant,
    actor: null,
    subject: `${name} ${cleanLine(id)}`.slice(0, 200),
    url,
    title: cleanLine(said.title).slice(0, 500),
    text: clean(text).trim().slice(0, longestOutsideText),
    branch: null,
    commit: null,
    pullRequest: null,
    issue: null,
  };
  // Its time is signed with it, so that the same words may come again.
  return keep(options, {
    id: `webhook ${name} ${id}`,
    body: Buffer.concat([Buffer.from(`${name} ${id}\n`), body]),
    event,
  });
};

interface Kept {
  readonly id: string;
  readonly body: Buffer;
  readonly event: OutsideEvent;
}

const keep = async ({ store, onKept }: ArrivalsOptions, { id, body, event }: Kept): Promise<ArrivalAnswer> => {
  const digest = createHash('sha256').update(body).digest('hex');
  const outcome = await store.recordEvent({ id, digest, event });
  if (outcome === 'new') onKept();
  return { status: 202, said: said[outcome] };
};

const said = {
  new: 'It was kept: triggers that wait for it are looked at.',
  known: 'It was told before.',
  unwanted: 'No trigger that is enabled here waits for anything there.',
} as const;

const no = (status: ArrivalAnswer['status'], why: string): ArrivalAnswer => ({ status, said: why });
