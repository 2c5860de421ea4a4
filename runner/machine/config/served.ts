import { createHash } from 'node:crypto';
import { z } from 'zod';
import { loadConfig, type LoadedConfig, type RunnerConfig } from './config.ts';
import type { Home } from '../home/home.ts';
import { readRecord, writeRecord } from '../home/record.ts';
import { settings, type Flags } from './settings.ts';

/** What `longhaul serve` was told that no file says: by setting. What no flag may give is there as a digest. */
const Served = z.strictObject({
  settings: z.array(z.strictObject({ path: z.string(), by: z.string(), value: z.string() })),
  /** As they were given. */
  flags: z.array(z.string()),
});
export type Served = z.infer<typeof Served>;

/** What may be another one next time: a key (that there is none, the model's endpoint says), and how long a runner stays that nobody needs. */
const left: ReadonlySet<string> = new Set(['apiKey', 'idleMinutes']);

const digest = (text: string): string => `sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

/** Of a setting in effect, as text that may be kept. */
const valueAt = (config: RunnerConfig, path: string): string => {
  let at: unknown = config;
  for (const key of path.split('.'))
    at = typeof at === 'object' && at !== null && key in at ? (at as Record<string, unknown>)[key] : null; // safe: it has that key
  const text = typeof at === 'string' ? at : JSON.stringify(at);
  const isSecret = settings.find((setting) => setting.path === path)?.flag === null || /:\/\/[^/]*@/.test(text);
  return isSecret ? digest(text) : text;
};

export interface Told {
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a runner with these settings has of flags and variables. Pure. */
export const servedWith = (config: RunnerConfig, { flags, env }: Told): Served => ({
  settings: settings.flatMap(({ path, flag, variable }) => {
    const given = (text: string | undefined): boolean => text !== undefined && text !== '';
    const by = given(flags[path]) ? flag : variable !== null && given(env[variable]) ? variable : null;
    return by === null || left.has(path) ? [] : [{ path, by, value: valueAt(config, path) }];
  }),
  flags: settings.flatMap(({ path, flag }) => {
    const text = flags[path];
    return flag === null || text === undefined || text === '' ? [] : [flag, text];
  }),
});

/** In which settings a runner with this configuration would be another one; a phrase each. Pure. */
export const differences = (served: Served, config: RunnerConfig): readonly string[] =>
  served.settings.flatMap(({ path, by, value }) => {
    const now = valueAt(config, path);
    if (now === value) return [];
    return [value.startsWith('sha256 ') ? `${path} (${by})` : `${path} ${value} (${by}), not ${now}`];
  });

/** The settings that a home's runner has, or had: those that it was last served with, and this environment's. */
export const configOfRunner = async (home: Home, env: Told['env']): Promise<LoadedConfig> => {
  const served = await readServed(home);
  return loadConfig({ flags: served === null ? {} : flagsIn(served), env, file: home.config });
};

const flagsIn = ({ flags }: Served): Flags =>
  Object.fromEntries(
    settings.flatMap(({ path, flag }) => {
      const at = flag === null ? -1 : flags.indexOf(flag);
      return at === -1 || at % 2 === 1 ? [] : [[path, flags[at + 1]]];
    }),
  );

export const recordServed = (home: Home, served: Served): Promise<void> => writeRecord(home.served, served);

/** Null: it was never served so, or nobody knows. */
export const readServed = (home: Home): Promise<Served | null> => readRecord(home.served, Served);
