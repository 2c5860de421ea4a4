/** How things stand with CodeLens in diffs. */
export interface Lenses {
  /** A result is open in this window. */
  readonly open: boolean;
  /** What the person said to being shown them; null: they were not asked, or did not answer. */
  readonly answer: boolean | null;
  /** What the setting says, be it by the person or by us; null: nothing, which is off. */
  readonly own: boolean | null;
  /** It is on because it was set for a review. */
  readonly wasSet: boolean;
}

/** What is to be done about it. What a person has set themselves stays. */
export const lensStep = ({ open, answer, own, wasSet }: Lenses): 'ask' | 'set' | 'take back' | null => {
  if (!open) return wasSet ? 'take back' : null;
  if (own !== null) return null;
  if (answer === null) return 'ask';
  return answer ? 'set' : null;
};
