import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { addressKey } from '../../../shared/recipe/repository-address.ts';
import { TriggerName } from '../../../shared/recipe/trigger.ts';
import { RemoteUrl } from '../../../shared/run/source.ts';
import { parsedDefinition, type UsableTrigger } from '../triggers/definitions.ts';

/** A trigger that an operator wrote for a repository. */
export interface ConfiguredTrigger {
  /** The URL of a remote, or the absolute path of a folder. */
  readonly repository: string;
  readonly definition: UsableTrigger;
}

const Entry = z.looseObject({
  repository: z
    .string('expected the URL of a repository')
    .max(4096)
    .refine(
      (value) => isAbsolute(value) || RemoteUrl.safeParse(value).success,
      'expected a URL such as https://git.example.org/team/project.git, without a user or a password, or the absolute path of a folder',
    ),
  name: TriggerName,
});

const mostTriggers = 500;

/** Each says beside `repository` and `name` what the file of a trigger says, and is refused for what such a file is. */
export const ConfiguredTriggers = z
  .array(z.unknown())
  .max(mostTriggers)
  .transform((entries, context): readonly ConfiguredTrigger[] => {
    const known = new Set<string>();
    return entries.flatMap((entry, index) => {
      const fault = (message: string, path: readonly PropertyKey[] = []): readonly [] => {
        context.addIssue({ code: 'custom', message, path: [index, ...path], input: entry });
        return [];
      };
      const parsed = Entry.safeParse(entry);
      if (!parsed.success) {
        for (const { message, path } of parsed.error.issues) fault(message, path);
        return [];
      }
      const { repository, name, ...says } = parsed.data;
      const key = `${addressKey(repository)} ${name}`;
      if (known.has(key)) return fault(`there is another trigger ${name} of ${repository}`, ['name']);
      known.add(key);
      const definition = parsedDefinition(name, says, 'runner');
      return Array.isArray(definition)
        ? fault(`the trigger ${name} cannot be used: ${definition.join(' ')}`)
        : [{ repository, definition }];
    });
  });
