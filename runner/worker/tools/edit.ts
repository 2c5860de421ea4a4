import { encode } from './encoding.ts';
import { replaceOnce } from './replace.ts';
import { placeFor, readText, writeText } from './text-file.ts';
import { defineTool, done, failed } from './tool.ts';

export const edit = defineTool({
  name: 'edit',
  description:
    'Replace text in a file. The old text must occur exactly once, white space included; give enough lines around it. Line numbers of read are not part of it.',
  run: async (args, context) => {
    const place = await placeFor(context, args.path);
    if (place.outcome === 'refused') return failed(place.message);
    const file = await readText(context, args.path);
    if (file.outcome === 'missing') return failed(`${file.shown} does not exist. Use write to create it.`);
    if (file.outcome === 'refused') return failed(file.message);
    const replaced = replaceOnce(file.text, args);
    if (replaced.outcome === 'refused') return failed(`${file.shown}: ${replaced.message}`);
    const encoded = encode(replaced.text, file.encoding);
    if (encoded.outcome === 'refused') return failed(`${file.shown}: ${encoded.message}`);
    await writeText(context, { path: file.path, content: encoded.content, mode: file.mode });
    const { firstLine, lastLine } = replaced;
    return done(
      `Edited ${file.shown}: ${firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine} to ${lastLine}`}.`,
    );
  },
});
