import { settings, type Setting } from './settings.ts';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Values of one source, nested as in the file, and how to name each of them there. */
export interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origin: (path: string) => string;
}

/** Lays later layers over earlier ones, and remembers where each value came from. */
export const layer = (
  layers: readonly Layer[],
): { values: Record<string, unknown>; originOf: (path: string) => string | null } => {
  const origins = new Map<string, string>();
  const put = (
    target: Record<string, unknown>,
    values: Readonly<Record<string, unknown>>,
    at: { prefix: string; origin: Layer['origin'] },
  ): void => {
    for (const [key, value] of Object.entries(values)) {
      const path = at.prefix === '' ? key : `${at.prefix}.${key}`;
      if (isObject(value)) {
        const below = target[key];
        const next: Record<string, unknown> = isObject(below) ? below : {};
        target[key] = next;
        put(next, value, { prefix: path, origin: at.origin });
      } else {
        target[key] = value;
        origins.set(path, at.origin(path));
      }
    }
  };
  const values: Record<string, unknown> = Object.create(null);
  for (const { values: own, origin } of layers) put(values, own, { prefix: '', origin });
  return { values, originOf: (path) => origins.get(path) ?? null };
};

interface Text {
  readonly path: string;
  readonly value: unknown;
  /** What gave it, as a person knows it. */
  readonly origin: string;
}

/** What somebody gave of a setting as text; nothing where it is empty. */
export const textOf = (path: string, text: string | undefined, origin: string): Text[] => {
  if (text === undefined || text === '') return [];
  const kind = settings.find((setting) => setting.path === path)?.kind ?? 'text';
  return [{ path, value: valueOf(text, kind), origin }];
};

/** A text that does not read as its kind stays as it is: the schema's complaint then names it. */
const valueOf = (text: string, kind: Setting['kind']): unknown => {
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      return /^(0|false|no|off)$/i.test(text) ? false : text;
    case 'list':
      return text.split(/[:,]/).filter((part) => part !== '');
  }
};

export const fromTexts = (texts: readonly Text[]): Layer => {
  const values: Record<string, unknown> = {};
  for (const { path, value } of texts) {
    const keys = path.split('.');
    let at = values;
    for (const key of keys.slice(0, -1)) {
      // safe: only this loop put something there, and always an object
      at = (at[key] ??= {}) as Record<string, unknown>;
    }
    at[keys.at(-1) ?? ''] = value;
  }
  return { values, origin: (path) => texts.find((text) => text.path === path)?.origin ?? path };
};
