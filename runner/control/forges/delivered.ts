import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';

/** Of pull requests something may be otherwise than before. */
export interface News {
  readonly repository: string;
  /** Their numbers; empty: it does not say, and it may be any. */
  readonly pullRequests: readonly number[];
}

/** What a forge tells with a webhook comes to. */
export type Delivered =
  | {
      readonly outcome: 'events';
      /** At least one, each of the same repository. */
      readonly events: readonly (OutsideEvent & { readonly repository: string })[];
      /** Ms since the epoch: when it happened; null: it does not say. */
      readonly happenedAt: number | null;
      readonly news: News | null;
    }
  /** Nothing that a trigger can wait for. */
  | { readonly outcome: 'nothing'; readonly news: News | null }
  /** `why`: a sentence. */
  | { readonly outcome: 'unreadable'; readonly why: string };
