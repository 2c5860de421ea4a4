import { setTimeout as pause } from 'node:timers/promises';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { costOf } from '../../worker/models/cost.ts';
import { openModel } from '../../worker/models/open.ts';
import { fail, type Check } from '../../machine/check.ts';
import { foundOut, trialChecks } from './trial-checks.ts';
import { tryModel } from './trial.ts';

export interface Tried {
  readonly checks: readonly Check[];
  /** For `model.switches` of the settings: what the endpoint does not know. */
  readonly switches: Readonly<Record<string, false>>;
}

/** Real turns with the configured model, each of which costs what it costs. */
export const triedModel = async (
  config: RunnerConfig,
  {
    file,
    signal,
    note,
  }: { readonly file: string; readonly signal: AbortSignal; readonly note: (text: string) => void },
): Promise<Tried> => {
  const { model, apiKey } = config;
  const open = (off: readonly string[]) =>
    openModel(
      {
        ...model,
        background: false,
        switches: { ...model.switches, ...Object.fromEntries(off.map((name) => [name, false])) },
      },
      { model: model.name, apiKey },
    );
  let contextWindow: number | null;
  try {
    ({ contextWindow } = open([]));
  } catch {
    return { checks: [fail('tools', 'the key is no key: it has spaces or special characters', '')], switches: {} };
  }
  const trial = await tryModel({
    open,
    signal,
    onTurn: (asked) => note(`Asking ${model.name} to call ${asked.join(' and ')}…`),
    sleep: async (ms) => {
      await pause(ms, undefined, { signal }).catch(() => undefined);
    },
  });
  const pricesOf = model.pricesOf ?? undefined;
  return {
    checks: trialChecks(trial, {
      config: model,
      contextWindow,
      price: (usage) => costOf(usage, model.name, { baseURL: model.baseUrl, pricesOf }),
      file,
    }),
    switches: foundOut(trial),
  };
};
