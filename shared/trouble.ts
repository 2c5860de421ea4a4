/**
 * What can be expected to go wrong, told to a person: a sentence, and what to do about it. `code` is a word for programs, "failed" where
 * there is nothing to tell apart. Thrown where only an edge can say it: the command line, an answer of the API, a line of doctor.
 */
export class Trouble extends Error {
  override readonly name: string = 'Trouble';
  readonly code: string;
  readonly remedy: string;
  constructor(
    message: string,
    { remedy, code = 'failed', cause }: { readonly remedy: string; readonly code?: string; readonly cause?: unknown },
  ) {
    super(message, { cause });
    this.code = code;
    this.remedy = remedy;
  }
}

/** What an error says, whatever was thrown. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What was asked for cannot be meant: an option or an argument is wrong. */
export const usage = (message: string, remedy: string): Trouble => new Trouble(message, { remedy, code: 'usage' });
