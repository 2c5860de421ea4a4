import { createHash } from 'node:crypto';
import { finished, GitError, startGit, type GitOptions } from './git.ts';

/** Takes the contents of blobs in the order asked for: `begin`, any number of `data`, `end`, then the next. */
export interface BlobSink {
  begin(position: number, bytes: number): void;
  data(chunk: Buffer): void;
  end(): void;
}

const NEWLINE = 0x0a;

/** Reads `git cat-file --batch` as it arrives, so that a blob of any size passes through without being held. */
class BatchReader {
  private readonly sink: BlobSink;
  private header: Buffer = Buffer.alloc(0);
  private left = 0;
  private state: 'header' | 'content' | 'newline' = 'header';
  done = 0;

  constructor(sink: BlobSink) {
    this.sink = sink;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(this.take(rest));
  }

  /** How many bytes it used; at least one. */
  private take(rest: Buffer): number {
    switch (this.state) {
      case 'header': {
        const end = rest.indexOf(NEWLINE);
        if (end < 0) {
          this.header = Buffer.concat([this.header, rest]);
          return rest.length;
        }
        this.start(Buffer.concat([this.header, rest.subarray(0, end)]).toString());
        return end + 1;
      }
      case 'content': {
        const part = rest.subarray(0, this.left);
        this.sink.data(part);
        this.left -= part.length;
        if (this.left === 0) this.state = 'newline';
        return part.length;
      }
      case 'newline':
        this.sink.end();
        this.done += 1;
        this.state = 'header';
        return 1;
    }
  }

  private start(header: string): void {
    const match = /^[0-9a-f]+ blob (\d+)$/.exec(header);
    if (match === null) throw new GitError(`git cat-file: expected a blob, found "${header}"`);
    this.header = Buffer.alloc(0);
    this.left = Number(match[1]);
    this.sink.begin(this.done, this.left);
    this.state = this.left === 0 ? 'newline' : 'content';
  }
}

/** Feeds the blobs to the sink and yields after each chunk. */
async function* batch(options: GitOptions, objects: readonly string[], sink: BlobSink): AsyncGenerator<void> {
  if (objects.length === 0) return;
  const child = startGit(['cat-file', '--batch'], options);
  const end = finished(child);
  const reader = new BatchReader(sink);
  try {
    child.stderr.resume();
    child.stdin.end(objects.map((object) => `${object}\n`).join(''));
    for await (const chunk of child.stdout) {
      reader.push(chunk);
      yield;
    }
  } finally {
    child.kill();
    await end;
  }
  if (reader.done !== objects.length) throw new GitError('git cat-file ended before it gave every object');
}

/** Passes the blobs `objects` through `sink`, in that order. Throws a GitError if one is missing, and whatever the sink throws. */
export const streamBlobs = async (options: GitOptions, objects: readonly string[], sink: BlobSink): Promise<void> => {
  const chunks = batch(options, objects, sink);
  while ((await chunks.next()).done !== true);
};

/** The contents of blobs, each whole, in that order; reads on only as they are taken. Throws a GitError if one is missing. */
export async function* readBlobs(options: GitOptions, objects: readonly string[]): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  const ready: Buffer[] = [];
  const sink: BlobSink = {
    begin: () => {
      chunks = [];
    },
    data: (chunk) => {
      chunks.push(chunk);
    },
    end: () => {
      ready.push(Buffer.concat(chunks));
    },
  };
  for await (const _ of batch(options, objects, sink)) yield* ready.splice(0);
}

/** The id git gives to a content, in a repository whose ids look like `like` (SHA-1 or SHA-256). */
export const blobId = (content: Buffer, like: string): string =>
  createHash(like.length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
