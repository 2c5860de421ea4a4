import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Trouble } from '../../../shared/trouble.ts';
import type { RunnerConfig } from './config.ts';
import type { Home } from '../home/home.ts';
import { readRecord, writeRecord } from '../home/record.ts';

/** Where a runner sends what its runs have read. */
const ModelEndpoint = z.strictObject({
  api: z.string(),
  /** Without credentials and query, which may be secret. */
  address: z.string(),
  /** Of the whole address: two that look alike may differ in what is not shown. */
  digest: z.string(),
});
export type ModelEndpoint = z.infer<typeof ModelEndpoint>;

export const endpointOf = ({ api, baseUrl }: Pick<RunnerConfig['model'], 'api' | 'baseUrl'>): ModelEndpoint => {
  const url = new URL(baseUrl);
  url.pathname = url.pathname.replace(/\/+$/, '');
  return {
    api,
    address: `${url.origin}${url.pathname}`,
    digest: createHash('sha256').update(url.href).digest('hex').slice(0, 16),
  };
};

interface Move {
  /** What the home's last runner had. */
  readonly from: ModelEndpoint;
  readonly to: ModelEndpoint;
  /** Runs of the home that are not over. */
  readonly open: number;
}

/** Why a command starts no runner that would have open runs go on with another model endpoint; null: it may. Pure. */
export const refusedMove = ({ from, to, open }: Move): Trouble | null => {
  const elsewhere = from.digest !== to.digest;
  if (open === 0 || (!elsewhere && from.api === to.api)) return null;
  const [runs, they] = open === 1 ? ['1 run in it is', 'the run has'] : [`${open} runs in it are`, 'the runs have'];
  const hidden = elsewhere && from.address === to.address;
  const there = hidden ? `${named(to)} and other credentials or another query` : named(to);
  return new Trouble(
    `The runner of this home is down, and ${runs} not over. It had the model endpoint ${named(from)}; this would start it with ${there}, and send what ${they} read there.`,
    {
      remedy: `Start it as it was: ${asItWas(from, to)} and do this again.\nOr have it as this shell and config.yaml say: longhaul serve --detach`,
    },
  );
};

const named = ({ api, address }: ModelEndpoint): string => `${address} (${api})`;

const asItWas = (from: ModelEndpoint, to: ModelEndpoint): string => {
  const variable = from.api === 'anthropic' ? 'ANTHROPIC_BASE_URL' : 'OPENAI_BASE_URL';
  const api = from.api === to.api ? [] : [`LONGHAUL_API=${from.api}`];
  if (from.digest === to.digest) return `set ${api.join(' ')}`;
  // What is not shown has to come from whoever knows it.
  if (endpointOf({ api: 'responses', baseUrl: from.address }).digest !== from.digest)
    return `set ${[...api, variable].join(' and ')} to what was ${from.address} with its credentials or query,`;
  return `set ${[...api, `${variable}=${from.address}`].join(' ')}`;
};

export const recordEndpoint = (home: Home, endpoint: ModelEndpoint): Promise<void> =>
  writeRecord(home.modelEndpoint, endpoint);

/** Null: no runner was ever started here, or nobody knows with which. */
export const readEndpoint = (home: Home): Promise<ModelEndpoint | null> =>
  readRecord(home.modelEndpoint, ModelEndpoint);
