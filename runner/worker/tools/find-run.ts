/** Characters of a text or lines of a file. */
type Items = ArrayLike<string>;

/**
 * Where `part` stands in `whole`, in order, overlapping places too. In time that grows with both lengths and not with their product, whatever
 * a model or a file has in it (Knuth, Morris, Pratt): the platform's own search takes hours for some texts, and a worker answers nobody meanwhile.
 */
export function* places(whole: Items, part: Items, from = 0): Generator<number> {
  if (part.length === 0) return;
  const fallback = fallbackOf(part);
  let matched = 0;
  for (let at = from; at < whole.length; at += 1) {
    const item = whole[at];
    while (matched > 0 && part[matched] !== item) matched = fallback[matched - 1] ?? 0;
    if (part[matched] === item) matched += 1;
    if (matched < part.length) continue;
    yield at - part.length + 1;
    matched = fallback[matched - 1] ?? 0;
  }
}

/** For each prefix, how much of its end is its own beginning. */
function fallbackOf(part: Items): Uint32Array {
  const fallback = new Uint32Array(part.length);
  let matched = 0;
  for (let at = 1; at < part.length; at += 1) {
    const item = part[at];
    while (matched > 0 && part[matched] !== item) matched = fallback[matched - 1] ?? 0;
    if (part[matched] === item) matched += 1;
    fallback[at] = matched;
  }
  return fallback;
}
