export type Refusal = PlainRefusal | UntrustedRefusal;

/** The settings of a repository open something that nobody has let be open yet. */
interface UntrustedRefusal extends Omit<PlainRefusal, 'code'> {
  readonly code: 'untrusted';
  /** What to delegate with (`trust`) to let it be open, and a line for each thing that it is. */
  readonly hash: string;
  readonly openings: readonly string[];
}

/** An expected "no": what was asked cannot be done to this run as it is. */
interface PlainRefusal {
  readonly code:
    | 'not_found'
    | 'conflict'
    | 'fenced'
    | 'stale'
    | 'expired'
    | 'invalid'
    | 'denied'
    | 'terminal'
    | 'unavailable';
  /** What is wrong, with what. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

export const refuse = (
  code: PlainRefusal['code'],
  message: string,
  remedy: string,
): { readonly outcome: 'refused'; readonly refusal: Refusal } => ({
  outcome: 'refused',
  refusal: { code, message, remedy },
});
