/** How a person may name a run. `prefix` has its `run_`. */
export type RunReference =
  | { readonly kind: 'latest' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'invalid' };

/** `latest`, `12`, `#12`, `run_k3v9x2`, the beginning of that, with or without `run_`. Only digits are a number. */
export const readRunReference = (text: string): RunReference => {
  if (text === 'latest') return { kind: 'latest' };
  const number = /^#?([1-9]\d{0,8})$/.exec(text)?.[1];
  if (number !== undefined) return { kind: 'number', number: Number(number) };
  // Digits that are no number of a run never are the beginning of an id: that would be another run than the one that was meant.
  if (/^#?\d+$/.test(text)) return { kind: 'invalid' };
  return readPrefix(text, 'run');
};

/** `dec_k3v9x2`, the beginning of that, with or without `dec_`. */
export const readDecisionReference = (text: string): Extract<RunReference, { kind: 'prefix' | 'invalid' }> =>
  readPrefix(text, 'dec');

const readPrefix = (text: string, kind: string): Extract<RunReference, { kind: 'prefix' | 'invalid' }> => {
  const rest = text.startsWith(`${kind}_`) ? text.slice(kind.length + 1) : text;
  return /^[a-z0-9]{1,40}$/.test(rest) ? { kind: 'prefix', prefix: `${kind}_${rest}` } : { kind: 'invalid' };
};

export type Match<Item> =
  | { readonly outcome: 'one'; readonly item: Item }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'several'; readonly ids: readonly string[] };

/** The item that an id, or its beginning, names. An id that is given whole is never ambiguous. */
export const matchPrefix = <Item>(
  items: readonly Item[],
  prefix: string,
  idOf: (item: Item) => string,
): Match<Item> => {
  const exact = items.find((item) => idOf(item) === prefix);
  if (exact !== undefined) return { outcome: 'one', item: exact };
  const found = items.filter((item) => idOf(item).startsWith(prefix));
  const [only] = found;
  if (only === undefined) return { outcome: 'none' };
  return found.length === 1 ? { outcome: 'one', item: only } : { outcome: 'several', ids: found.map(idOf) };
};
