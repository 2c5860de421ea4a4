import { z } from 'zod';
import { RecipeName } from './recipe.ts';
import { schemaFaults } from './settings.ts';

/** The name of a trigger is the name of its file, without `.yaml`. */
export const TriggerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected lower-case words joined by hyphens, such as nightly-tests');

const isTimeZone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** Of `.longhaul/triggers/<name>.yaml`, as the YAML is parsed. */
const TriggerFile = z
  .strictObject({
    /** Minute, hour, day of the month, month, day of the week, as cron has them; or @daily and the like. */
    schedule: z.string().trim().min(1).max(100),
    /** By its IANA name, such as Europe/Berlin. */
    timeZone: z
      .string()
      .refine(isTimeZone, 'expected the name of a time zone, such as Europe/Berlin or UTC')
      .default('UTC'),
    recipe: RecipeName.nullable().default(null),
    goal: z.string().trim().max(20_000).default(''),
    /** What is done about times at which no runner was there: nothing, one run for all of them, or a run for each (the last 24). */
    missed: z.enum(['skip', 'once', 'all']).default('once'),
    /** Whether there is another run while the one before has not come to a result. */
    whileOpen: z.enum(['skip', 'begin']).default('skip'),
    /** It begins up to so many minutes later, always as many: by its name, so that not all begin at once. */
    jitterMinutes: z.int().min(0).max(60).default(0),
  })
  .refine(({ goal, recipe }) => goal !== '' || recipe !== null, {
    path: ['goal'],
    message: 'expected a goal, or a recipe: what shall the agent do?',
  });
/** What begins a run by itself, and which. */
export type Trigger = Readonly<z.output<typeof TriggerFile>>;

export type ParsedTrigger =
  | { readonly outcome: 'ok'; readonly trigger: Trigger }
  /** Every fault, a sentence each. */
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

/** What a trigger's file says, once its YAML is parsed. Whether its schedule is one, `scheduleOf` says. */
export const parseTrigger = (value: unknown): ParsedTrigger => {
  const parsed = TriggerFile.safeParse(value);
  return parsed.success
    ? { outcome: 'ok', trigger: parsed.data }
    : { outcome: 'refused', faults: schemaFaults(parsed.error, 'the file') };
};
