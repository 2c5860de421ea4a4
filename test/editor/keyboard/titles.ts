import { z } from 'zod';
import { translatedManifest } from '../../../scripts/texts.ts';

const { contributes } = z
  .object({
    contributes: z.object({
      commands: z.array(z.object({ command: z.string(), category: z.string(), title: z.string() })),
    }),
  })
  .parse(translatedManifest());

/** What the palette calls each command that the extension contributes. */
export const titles: ReadonlyMap<string, string> = new Map(
  contributes.commands.map(({ command, category, title }) => [command, `${category}: ${title}`]),
);
