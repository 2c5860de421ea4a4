import { placeFor, writeText } from './text-file.ts';
import { defineTool, done, failed } from './tool.ts';

export const write = defineTool({
  name: 'write',
  description:
    'Write a whole file: a new one, with the folders above it, or over one that is there. To change a part of a file, use edit.',
  run: async ({ path, content }, context) => {
    const place = await placeFor(context, path);
    if (place.outcome === 'refused') return failed(place.message);
    await writeText(context, { path: place.path, content, mode: place.mode ?? 0o644 });
    return done(`${place.mode === null ? 'Created' : 'Wrote'} ${place.shown}: ${Buffer.byteLength(content)} bytes.`);
  },
});
