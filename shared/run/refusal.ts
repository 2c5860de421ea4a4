/** An expected "no": what was asked cannot be done to this run as it is. */
export interface Refusal {
  readonly code: 'not_found' | 'conflict' | 'fenced' | 'stale' | 'expired' | 'invalid' | 'denied' | 'terminal';
  /** What is wrong, with what. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

export const refuse = (
  code: Refusal['code'],
  message: string,
  remedy: string,
): { readonly outcome: 'refused'; readonly refusal: Refusal } => ({
  outcome: 'refused',
  refusal: { code, message, remedy },
});
