/** `unauthorized`, `refused`: trying again without a person is of no use. */
export type ConnectionTrouble = 'unreachable' | 'unauthorized' | 'refused';

/** No runner could be reached; says why and what to do, in words for a person. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly trouble: ConnectionTrouble;
  readonly remedy: string;
  constructor(trouble: ConnectionTrouble, message: string, remedy: string) {
    super(message);
    this.trouble = trouble;
    this.remedy = remedy;
  }
}
