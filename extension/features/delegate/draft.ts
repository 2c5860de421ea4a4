import { t } from '@vscode/l10n';
import { z } from 'zod';
import { Choices } from '../../ground/delegation/choices.ts';
import type { Origin, Prefill } from '../../ground/delegation/origin.ts';

const kinds = [
  'nothing',
  'goal',
  'again',
  'files',
  'selection',
  'problem',
  'test',
  'changes',
] as const satisfies readonly Origin['kind'][];

/** A delegation that a person has begun to write: all that the wizard needs to go on with it. */
export const Draft = z.strictObject({
  /** What the goal began as, with what goes along from where it was called. */
  prefill: z.strictObject({ text: z.string(), whole: z.boolean(), context: z.string() }) satisfies z.ZodType<Prefill>,
  from: z.enum(kinds),
  typed: z.string(),
  choices: Choices,
  /** Delegated once with it, whatever becomes of the answer: it is the same after a reload. */
  session: z.uuid(),
});
export type Draft = z.infer<typeof Draft>;

/** What is kept, if it can still be read; null: there is none. */
export const readDraft = (stored: unknown): Draft | null => Draft.safeParse(stored).data ?? null;

/** Whether a person would miss it: something was typed or chosen since it began. */
export const isWorthKeeping = (draft: Draft, first: Draft): boolean =>
  draft.typed.trim() !== first.prefill.text.trim() || JSON.stringify(draft.choices) !== JSON.stringify(first.choices);

/** What the draft is called by in a list. */
export const draftTitle = ({ typed, choices }: Draft): string =>
  typed.replace(/\s+/g, ' ').trim() || (choices.recipe?.title ?? t('no goal yet'));
