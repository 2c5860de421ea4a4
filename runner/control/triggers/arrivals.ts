import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { Logger } from 'pino';
import { z } from 'zod';
import { longestOutsideText, type OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { webUrl } from '../forges/texts.ts';
import {
  fromGitHub,
  fromGitLab,
  headerOf,
  jsonOf,
  keep,
  no,
  said,
  type Arrival,
  type ArrivalAnswer,
  type DeliveriesOptions,
} from './deliveries.ts';

/** What servers elsewhere tell of what happened there. Nothing that is not signed with a secret of this runner's is looked at. */
export interface Arrivals {
  readonly github: (arrival: Arrival) => Promise<ArrivalAnswer>;
  readonly gitlab: (arrival: Arrival) => Promise<ArrivalAnswer>;
  /** By the name of the webhook. */
  readonly signed: (name: string, arrival: Arrival) => Promise<ArrivalAnswer>;
}

export interface ArrivalsOptions extends DeliveriesOptions {
  readonly webhooks: KnownWebhooks;
}

/** Null where nothing can be told: no secret is known. */
export const openArrivals = (options: ArrivalsOptions): Arrivals | null => {
  const { webhooks: known } = options;
  if (Object.values(options.remotes.webhookSecrets).flat().length === 0 && known.size === 0) return null;
  return {
    github: (arrival) => fromGitHub(options, arrival),
    gitlab: (arrival) => fromGitLab(options, arrival),
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

/** What is read of a payload, where it says it; all of it is there in the text. */
const Said = z
  .object({ title: z.string().catch(''), url: z.string().nullable().catch(null) })
  .catch({ title: '', url: null });

const fromWebhook = async (
  options: ArrivalsOptions,
  { name, tenant, verifier }: KnownWebhook,
  arrival: Arrival,
): Promise<ArrivalAnswer> => {
  const { body } = arrival;
  const text = body.toString('utf8');
  const signed = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((header) => [header, headerOf(arrival, header)]),
  );
  const id = signed['webhook-id'] ?? '';
  try {
    verifier.verify(text, signed, { jsonParse: false });
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return no(401, `It is not signed as standardwebhooks.com says, or not now: ${error.message}.`);
  }
  if (id.length > 200) return no(400, 'webhook-id: expected up to 200 characters.');
  const { title, url } = Said.parse(jsonOf(text));
  const event: OutsideEvent = {
    source: 'webhook',
    kind: name,
    value: null,
    repository: null,
    tenant,
    actor: null,
    subject: `${name} ${cleanLine(id)}`.slice(0, 200),
    url: url === null ? null : webUrl(url),
    title: cleanLine(title).slice(0, 500),
    text: clean(text).trim().slice(0, longestOutsideText),
    branch: null,
    commit: null,
    pullRequest: null,
    issue: null,
    review: null,
  };
  // Its time is signed with it, so that the same words may come again.
  const outcome = await keep(options, {
    id: `webhook ${name} ${id}`,
    body: Buffer.concat([Buffer.from(`${name} ${id}\n`), body]),
    event,
  });
  return { status: 202, said: said[outcome] };
};
