/** What commands do to the world outside of Longhaul: each request, whose it was, and what it said. */
export interface Request {
  readonly run: string;
  readonly call: string;
  /** The activation whose worker ran the command. */
  readonly activation: string;
  readonly text: string;
}

/** A server that commands reach over the network. It counts, and nothing brings back what it was sent. */
export class Outside {
  readonly requests: Request[] = [];

  receive(request: Request): void {
    this.requests.push(request);
  }

  of(run: string): readonly Request[] {
    return this.requests.filter((request) => request.run === run);
  }
}
