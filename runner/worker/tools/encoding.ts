import { refused, type Refused } from './tool.ts';

/** How the text of a file is stored. `mark`: it begins with a byte order mark, which is no part of the text. */
export interface Encoding {
  readonly charset: 'UTF-8' | 'UTF-16LE' | 'UTF-16BE' | 'Windows-1252';
  readonly mark: boolean;
}

export const utf8: Encoding = { charset: 'UTF-8', mark: false };

/** The byte order marks of what can be read here; UTF-32's begins with that of UTF-16, and leaves NULs in the text. */
const marks = [
  { charset: 'UTF-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { charset: 'UTF-16LE', bytes: Buffer.from([0xff, 0xfe]) },
  { charset: 'UTF-16BE', bytes: Buffer.from([0xfe, 0xff]) },
] as const;

/**
 * The text of a file's bytes, or null: it is binary. `encode` gives back the same bytes. What is neither UTF-8 nor marked as UTF-16, and has no
 * control characters, is taken for Windows-1252, of which Latin-1 is a part: each byte is a character, so none is lost.
 */
export const decode = (content: Buffer): { readonly text: string; readonly encoding: Encoding } | null => {
  const marked = marks.find(({ bytes }) => content.subarray(0, bytes.length).equals(bytes));
  const body = content.subarray(marked?.bytes.length ?? 0);
  const charset = marked?.charset ?? 'UTF-8';
  const text = charset === 'UTF-8' ? utf8Text(body) : utf16Text(body, charset);
  if (text !== null) return text.includes('\0') ? null : { text, encoding: { charset, mark: marked !== undefined } };
  if (marked !== undefined || body.some(isControl)) return null;
  return { text: windowsText(body), encoding: { charset: 'Windows-1252', mark: false } };
};

const utf8Text = (body: Buffer): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
};

const utf16Text = (body: Buffer, charset: 'UTF-16LE' | 'UTF-16BE'): string | null => {
  if (body.length % 2 !== 0) return null;
  const text = (charset === 'UTF-16LE' ? body : Buffer.from(body).swap16()).toString('utf16le');
  return text.isWellFormed() ? text : null;
};

/** Below 0x20 texts have tab, line feed, form feed, carriage return and escape alone. */
const isControl = (byte: number): boolean => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte);

/** What Windows-1252 has for 0x80 to 0x9F (encoding.spec.whatwg.org, index-windows-1252); the rest is as in Unicode. */
const windowsCharacters = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const windowsText = (body: Buffer): string =>
  body
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (character) => windowsCharacters[character.charCodeAt(0) - 0x80] ?? character);

type Encoded = { readonly outcome: 'ok'; readonly content: Buffer } | Refused;

/** A refusal names the first character that the encoding lacks, and what can be done. */
export const encode = (given: string, { charset, mark }: Encoding): Encoded => {
  const text = given.startsWith('\uFEFF') && mark ? given.slice(1) : given;
  if (charset === 'Windows-1252') return windowsBytes(text);
  const units = Buffer.from(text, charset === 'UTF-8' ? 'utf8' : 'utf16le');
  const body = charset === 'UTF-16BE' ? units.swap16() : units;
  const bytes = mark ? marks.find((known) => known.charset === charset)?.bytes : undefined;
  return { outcome: 'ok', content: bytes === undefined ? body : Buffer.concat([bytes, body]) };
};

const windowsBytes = (text: string): Encoded => {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const special = windowsCharacters.indexOf(character);
    if (special >= 0) bytes.push(0x80 + special);
    else if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) bytes.push(code);
    else
      return refused(
        `The file is encoded in Windows-1252 (or Latin-1), which has no ${named(character)}. Do without it, or convert the file first with bash: iconv -f WINDOWS-1252 -t UTF-8.`,
      );
  }
  return { outcome: 'ok', content: Buffer.from(bytes) };
};

/** A character as a message can show it, whatever it looks like. */
export const named = (character: string): string => {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /\p{L}|\p{P}|\p{S}|\p{Emoji}/u.test(character) ? `"${character}" (U+${code})` : `U+${code}`;
};
