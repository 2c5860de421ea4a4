/** Shorter ones are left alone: they occur by chance, and taking them out would spoil ordinary text. */
const shortest = 8;
const replacement = '[redacted]';

/**
 * Takes known secrets out of a text, as they are and in the encodings that programs print them in: base64 and base64url at
 * all three alignments and over several lines, hex of either case, percent-encoding, and the escapes of JSON, also mixed
 * within one secret. Secrets of fewer than 8 characters are ignored; of one with several lines each longer line counts too.
 */
export const redactor = (secrets: readonly string[]): ((text: string) => string) => {
  const known = [...new Set(secrets.flatMap(parts))].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  if (known.length === 0) return (text) => text;
  // Longer secrets first, so that nothing of one stays when a shorter one is part of it.
  const pattern = new RegExp(known.flatMap(forms).join('|'), 'g');
  return (text) => text.replace(pattern, replacement);
};

/** A secret without the line end that a file gave it, and the lines of one such as a private key. */
const parts = (secret: string): readonly string[] => {
  const whole = secret.trim();
  const lines = whole.split(/\r?\n/).map((line) => line.trim());
  const single =
    lines.length === 1 ? [] : lines.filter((line) => line.length >= 2 * shortest && !line.startsWith('-----'));
  return [whole, ...single].filter((part) => part.length >= shortest);
};

/** Regular expressions for a secret and its encodings. */
const forms = (secret: string): readonly string[] => [
  // Backslashes by the run: one pattern each would let a text of many be divided among them in too many ways.
  (secret.match(/\\+|[^\\]/gu) ?? [])
    .map((part) => (part.startsWith('\\') ? backslashes(part.length) : escapes(part)))
    .join(''),
  ...[0, 1, 2].map((offset) => base64(Buffer.from(secret), offset)),
  Array.from(Buffer.from(secret), (byte) => caseless(hexOf(byte))).join('[\\s:]?'),
];

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0');

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const caseless = (text: string): string => text.replace(/[a-f]/g, (char) => `[${char}${char.toUpperCase()}]`);

const short: Readonly<Record<string, string>> = {
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\b': 'b',
  '\f': 'f',
  '"': '"',
  '/': '/',
};

/** As they are, or doubled once or twice by JSON, or percent-encoded. */
const backslashes = (count: number): string => `(?:\\\\{${count},${4 * count}}|(?:%5[cC]){${count},${4 * count}})`;

/** One character as itself, percent-encoded, or as a JSON string has it; backslashes doubled for JSON within JSON too. */
const escapes = (char: string): string => {
  const percent = Array.from(Buffer.from(char), (byte) => `%${caseless(hexOf(byte))}`).join('');
  const unicode = Array.from(
    { length: char.length },
    (_, at) => `\\\\{1,2}u${caseless(char.charCodeAt(at).toString(16).padStart(4, '0'))}`,
  ).join('');
  const escape = short[char];
  const others = [...(char === ' ' ? ['\\+'] : []), ...(escape === undefined ? [] : [`\\\\{1,3}${literal(escape)}`])];
  return `(?:${[...others, literal(char), percent, unicode].join('|')})`;
};

/**
 * The characters of base64 that a secret decides alone when it begins `offset` bytes behind a group of three, in either
 * alphabet. The characters at its ends, which its neighbours share, hold at most 4 bits of it each.
 */
const base64 = (bytes: Buffer, offset: number): string => {
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  const chars = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .slice(first, end);
  const either: Readonly<Record<string, string>> = { '+': '[+-]', '/': '[/_]' };
  // `base64` breaks lines, and JSON escapes the breaks.
  return Array.from(chars, (char) => either[char] ?? char).join('(?:\\s|\\\\n){0,2}');
};
