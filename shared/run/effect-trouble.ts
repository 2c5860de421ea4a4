import { Trouble } from '../trouble.ts';

/** An attempt at an effect failed. `again`: another may not; `afterMs`: no sooner than the other side said, null: it said nothing. */
export class EffectTrouble extends Trouble {
  readonly again: boolean;
  readonly afterMs: number | null;
  constructor(
    message: string,
    {
      remedy,
      again,
      afterMs = null,
      cause,
    }: { readonly remedy: string; readonly again: boolean; readonly afterMs?: number | null; readonly cause?: unknown },
  ) {
    super(message, { remedy, cause });
    this.again = again;
    this.afterMs = afterMs;
  }
}
