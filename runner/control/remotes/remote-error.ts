/** No credential can be had for a remote. `remedy` says what to do. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly remedy: string;
  constructor(message: string, options: { readonly remedy: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.remedy = options.remedy;
  }
}
