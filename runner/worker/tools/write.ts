import { encode, utf8 } from './encoding.ts';
import { linesOf, usualEnd, withEndsOf, withLf } from './line-ends.ts';
import { placeFor, readText, writeText } from './text-file.ts';
import { defineTool, done, failed } from './tool.ts';

export const write = defineTool({
  name: 'write',
  description:
    'Write a whole file: a new one, with the folders above it, or over one that is there, whose encoding and line ends are kept. To change a part of a file, use edit.',
  run: async ({ path, content }, context) => {
    const place = await placeFor(context, path);
    if (place.outcome === 'refused') return failed(place.message);
    const there = await readText(context, path);
    const isText = there.outcome === 'ok';
    const encoded = encode(isText ? inLineEndsOf(there.text, content) : content, isText ? there.encoding : utf8);
    if (encoded.outcome === 'refused') return failed(`${place.shown}: ${encoded.message}`);
    await writeText(context, { path: place.path, content: encoded.content, mode: place.mode ?? 0o644 });
    return done(`${place.mode === null ? 'Created' : 'Wrote'} ${place.shown}: ${encoded.content.length} bytes.`);
  },
});

/** Models are shown lines without their ends and write LF; one that writes CRLF means it. */
const inLineEndsOf = (there: string, content: string): string =>
  there.includes('\r\n') && withLf(content) === content
    ? withEndsOf(there, content, usualEnd(linesOf(there)))
    : content;
