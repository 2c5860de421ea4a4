import type { Preview } from '../../../shared/recipe/preview.ts';
import { commandIn } from '../../../shared/run/command-folder.ts';
import type { NearestTests } from '../../../runner/local/packages.ts';
import { plannedCommand, type Choices } from '../../ground/delegation/choices.ts';

/** What the runner says would hold. */
export type Holds =
  | { readonly status: 'asked' }
  | { readonly status: 'known'; readonly preview: Preview }
  /** Delegating would be refused, or nobody answers: why, in a sentence or two. */
  | { readonly status: 'unknown'; readonly reason: string };

/** The likeliest tests, as they would be run. */
const testCommand = ({ folder, tests }: NearestTests): string => commandIn(folder, tests[0]?.command ?? '');

/** The choices with the tests that were found, where nobody else says how it is verified. */
export const withTests = (choices: Choices, holds: Holds, found: NearestTests | null): Choices => {
  const unsaid = holds.status === 'known' && holds.preview.verification.by === 'runner';
  if (choices.verification !== null || !unsaid || found === null) return choices;
  return { ...choices, verification: [plannedCommand(testCommand(found))] };
};
