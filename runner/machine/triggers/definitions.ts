import { parse } from 'yaml';
import type { SettingsFile } from '../../../shared/recipe/settings-file.ts';
import {
  isScheduled,
  parseTrigger,
  TriggerName,
  type TriggerOrigin,
  type EventTrigger,
  type ScheduledTrigger,
} from '../../../shared/recipe/trigger.ts';
import { settingsLimits } from '../repository/settings.ts';
import { scheduleOf, type Schedule } from '../../local/schedule.ts';

/** A trigger as a repository has it, under the name of its file, or as the runner's configuration does. */
export type Definition = { readonly name: string; readonly origin: TriggerOrigin } & (
  | { readonly outcome: 'scheduled'; readonly trigger: ScheduledTrigger; readonly schedule: Schedule }
  | { readonly outcome: 'on event'; readonly trigger: EventTrigger }
  /** `problem`: what is wrong with it, with what file, in sentences. */
  | { readonly outcome: 'refused'; readonly problem: string }
);

/** One that can begin runs. */
export type UsableTrigger = Exclude<Definition, { outcome: 'refused' }>;

/** The triggers among a repository's settings, in the order of the files; the broken ones with what is wrong with them. */
export const definitionsIn = (files: readonly SettingsFile[], branch: string): readonly Definition[] =>
  files.flatMap((file) => {
    const name = /^triggers\/(.+)\.ya?ml$/.exec(file.path)?.[1];
    if (name === undefined) return [];
    const found = definitionIn(name, file);
    if (!Array.isArray(found)) return [found];
    return [
      {
        name,
        origin: 'repository',
        outcome: 'refused',
        problem: `.longhaul/${file.path} of ${branch} cannot be used: ${found.join(' ')}`,
      },
    ];
  });

const definitionIn = (name: string, { path, bytes, text }: SettingsFile): Definition | string[] => {
  if (path.endsWith('.yml')) return [`It is not read: call it ${name}.yaml.`];
  const named = TriggerName.safeParse(name);
  if (!named.success) return [`Its name cannot be used: ${named.error.issues[0]?.message ?? ''}.`];
  if (text === null) return [`It has ${bytes} bytes; up to ${settingsLimits.triggerBytes} are read.`];
  try {
    const value: unknown = parse(text, { maxAliasCount: 100 });
    return parsedDefinition(name, value, 'repository');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [`${message.split('\n')[0]?.replace(/:$/, '') ?? message}.`];
  }
};

/** What is said of a trigger, once its YAML is parsed; or what is wrong with that, a sentence each. */
export const parsedDefinition = (name: string, value: unknown, origin: TriggerOrigin): UsableTrigger | string[] => {
  const parsed = parseTrigger(value);
  if (parsed.outcome === 'refused') return [...parsed.faults];
  const { trigger } = parsed;
  if (!isScheduled(trigger)) return { name, origin, outcome: 'on event', trigger };
  const found = scheduleOf(trigger);
  return found.outcome === 'refused'
    ? [found.fault]
    : { name, origin, outcome: 'scheduled', trigger, schedule: found.schedule };
};

/** Of one that the default branch does not have, or not any more. */
export const goneFrom = ({ repository, name }: { readonly repository: string; readonly name: string }): string =>
  `The default branch of ${repository} has no .longhaul/triggers/${name}.yaml.`;
