import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../../shared/decision/canonical.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { ownersTenant } from '../server/authentication.ts';
import type { Store } from '../store/store.ts';

const action = 'configuration.changed';
const Known = z.object({ action: z.string(), detail: z.object({ hashes: z.array(z.string()) }) });

/** Of each setting, by its first name, a hash; without those that are or hold a secret. */
const hashesOf = ({ apiKey: _key, store, ...config }: RunnerConfig): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ ...config, store: store.kind }).map(([name, value]) => [
      name,
      createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16),
    ]),
  );

/** Puts on record, when a runner starts, which settings are others than when one last did. */
export const auditConfiguration = async (
  store: Pick<Store, 'audit' | 'audited'>,
  config: RunnerConfig,
  version: string,
): Promise<void> => {
  const now = { ...hashesOf(config), version };
  const known = await lastKnown(store);
  const changed = Object.entries(now).flatMap(([name, value]) => (known[name] === value ? [] : [name]));
  if (changed.length === 0) return;
  const detail = { changed, hashes: Object.entries(now).map(([name, hash]) => `${name} ${hash}`) };
  await store.audit(ownersTenant, { actor: 'longhaul', action, run: null, detail });
};

/** From the newest record of it; empty: there is none among the last ones. */
const lastKnown = async (store: Pick<Store, 'audited'>): Promise<Readonly<Record<string, unknown>>> => {
  for (let before: number | null = null; ;) {
    const { entries } = await store.audited(ownersTenant, { after: null, before, limit: 1_000 });
    for (const { text } of entries) {
      if (!text.includes(action)) continue;
      const { data } = Known.safeParse(JSON.parse(text));
      if (data?.action === action) return Object.fromEntries(data.detail.hashes.map((said) => said.split(' ')));
    }
    const last = entries.at(-1);
    if (last === undefined) return {};
    before = last.seq;
  }
};
