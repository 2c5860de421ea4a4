import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';

/** What a forge tells with a webhook comes to. */
export type Delivered =
  | {
      readonly outcome: 'events';
      /** At least one, each of the same repository. */
      readonly events: readonly (OutsideEvent & { readonly repository: string })[];
      /** Ms since the epoch: when it happened; null: it does not say. */
      readonly happenedAt: number | null;
    }
  /** Nothing that a trigger can wait for. `news`: of this repository's pull requests something may be otherwise than before. */
  | { readonly outcome: 'nothing'; readonly news: string | null }
  /** `why`: a sentence. */
  | { readonly outcome: 'unreadable'; readonly why: string };
