import { z } from 'zod';
import { GivenInputs } from '../../../../shared/recipe/inputs.ts';
import { Publishes } from '../../../../shared/recipe/trigger.ts';
import { WantedOutput } from '../../../../shared/run/output.ts';

/** What begins it. `value`: the label, assignee, command or branch that is waited for; null: its kind has none. */
const When = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('schedule'), schedule: z.string(), timeZone: z.string() }),
  z.strictObject({ kind: z.literal('github'), event: z.string(), value: z.string().nullable() }),
  z.strictObject({ kind: z.literal('webhook'), name: z.string() }),
]);
export type When = z.infer<typeof When>;

/** An automation that a person has begun to describe. Null: not said, which of what has a default means that. */
export const Draft = z.strictObject({
  when: When.nullable(),
  /** False: nobody has said yet whether there is one. */
  isRecipeSaid: z.boolean(),
  recipe: z
    .strictObject({
      name: z.string(),
      title: z.string(),
      needsGoal: z.boolean(),
      output: WantedOutput,
      /** What it is told each time, besides the goal. */
      inputs: GivenInputs.default({}),
    })
    .nullable(),
  goal: z.string().nullable(),
  name: z.string().nullable(),
  publish: Publishes,
  ciRepairs: z.int(),
  missed: z.enum(['skip', 'once', 'all']),
  whileOpen: z.enum(['skip', 'begin']).nullable(),
  perDay: z.int().nullable(),
  usdPerDay: z.number().nullable().default(null),
});
export type Draft = z.infer<typeof Draft>;

export const firstDraft: Draft = {
  when: null,
  isRecipeSaid: false,
  recipe: null,
  goal: null,
  name: null,
  publish: 'no',
  ciRepairs: 0,
  missed: 'once',
  whileOpen: null,
  perDay: null,
  usdPerDay: null,
};

/** What is kept, if it can still be read; null: there is none. */
export const readDraft = (stored: unknown): Draft | null => Draft.safeParse(stored).data ?? null;
