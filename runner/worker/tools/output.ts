/** What one call may put into the model's context, bytes: about 4,000 tokens. */
export const outputBytes = 16 * 1024;

interface Limited {
  readonly output: string;
  /** The text, if `output` is a part of it; else null. */
  readonly full: string | null;
}

/** The first `bytes` of a text, cut behind a whole line where there is one, else behind a whole character. */
export const headOf = (text: string, bytes: number): string => {
  if (Buffer.byteLength(text) <= bytes) return text;
  const cut = withoutHalf(Buffer.from(text).subarray(0, bytes).toString('utf8'));
  const lineEnd = cut.lastIndexOf('\n');
  return lineEnd > 0 ? cut.slice(0, lineEnd + 1) : cut;
};

const tailOf = (text: string, bytes: number): string => {
  const buffer = Buffer.from(text);
  let start = Math.max(0, buffer.length - bytes);
  while (start < buffer.length && ((buffer[start] ?? 0) & 0xc0) === 0x80) start += 1;
  const cut = buffer.subarray(start).toString('utf8');
  const lineEnd = cut.indexOf('\n');
  return lineEnd >= 0 && lineEnd < cut.length - 1 ? cut.slice(lineEnd + 1) : cut;
};

/** A character cut in half decodes to U+FFFD. */
const withoutHalf = (text: string): string => text.replace(/\uFFFD+$/, '');

/** Head and tail of a text within `bytes`, with a line between them that says how much is missing. What commands end with matters most. */
export const headAndTail = (text: string, bytes: number = outputBytes): Limited => {
  if (Buffer.byteLength(text) <= bytes) return { output: text, full: null };
  // The line between takes its share too: 80 bytes are more than it can have.
  const half = Math.floor((bytes - 80) / 2);
  const head = headOf(text, half);
  const tail = tailOf(text, half);
  const left = Buffer.byteLength(text) - Buffer.byteLength(head) - Buffer.byteLength(tail);
  return { output: `${head.replace(/\n$/, '')}\n[${left} bytes left out]\n${tail}`, full: text };
};
