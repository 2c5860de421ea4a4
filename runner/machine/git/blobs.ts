import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { finished, GitError, startGit, type GitOptions } from './git.ts';

/** Takes the contents of blobs in the order asked for: `begin`, any number of `data`, `end`, then the next. */
interface BlobSink {
  begin(bytes: number): void;
  data(chunk: Buffer): void;
  end(): void;
}

const newline = 0x0a;

/** Reads `git cat-file --batch` as it arrives, so that a blob of any size passes through without being held. */
class BatchReader {
  readonly #sink: BlobSink;
  #header: Buffer = Buffer.alloc(0);
  #left = 0;
  #state: 'header' | 'content' | 'newline' = 'header';
  done = 0;

  constructor(sink: BlobSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(this.#take(rest));
  }

  /** How many bytes it used; at least one. */
  #take(rest: Buffer): number {
    switch (this.#state) {
      case 'header': {
        const end = rest.indexOf(newline);
        if (end < 0) {
          this.#header = Buffer.concat([this.#header, rest]);
          return rest.length;
        }
        this.#start(Buffer.concat([this.#header, rest.subarray(0, end)]).toString());
        return end + 1;
      }
      case 'content': {
        const part = rest.subarray(0, this.#left);
        this.#sink.data(part);
        this.#left -= part.length;
        if (this.#left === 0) this.#state = 'newline';
        return part.length;
      }
      case 'newline':
        this.#sink.end();
        this.done += 1;
        this.#state = 'header';
        return 1;
    }
  }

  #start(header: string): void {
    const match = /^[0-9a-f]+ blob (\d+)$/.exec(header);
    if (match === null) throw new GitError(`git cat-file: expected a blob, found "${header}"`);
    this.#header = Buffer.alloc(0);
    this.#left = Number(match[1]);
    this.#sink.begin(this.#left);
    this.#state = this.#left === 0 ? 'newline' : 'content';
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

type Part =
  | { readonly kind: 'begin'; readonly bytes: number }
  | { readonly kind: 'data'; readonly chunk: Buffer }
  | { readonly kind: 'end' };

/** The contents of blobs as they come, in the order asked for; reads on only as they are taken. Throws a GitError if one is missing. */
export async function* blobParts(options: GitOptions, objects: readonly string[]): AsyncGenerator<Part> {
  const ready: Part[] = [];
  const sink: BlobSink = {
    begin: (bytes) => void ready.push({ kind: 'begin', bytes }),
    data: (chunk) => void ready.push({ kind: 'data', chunk }),
    end: () => void ready.push({ kind: 'end' }),
  };
  for await (const _ of batch(options, objects, sink)) yield* ready.splice(0);
}

/** The contents of blobs, each whole, in that order; reads on only as they are taken. Throws a GitError if one is missing. */
export async function* readBlobs(options: GitOptions, objects: readonly string[]): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  for await (const part of blobParts(options, objects)) {
    if (part.kind === 'begin') chunks = [];
    else if (part.kind === 'data') chunks.push(part.chunk);
    else yield Buffer.concat(chunks);
  }
}

/** Contents up to so many bytes are handed over as they are, larger ones in a file. */
const heldBytes = 512 * 1024;

export interface BlobKeeping {
  /** Where a large content is while it is handed over. */
  readonly file: string;
  readonly keeping: {
    content(content: Buffer): Promise<string>;
    largeContent(file: string): Promise<string>;
  };
}

/** Hands over the contents of blobs, in that order, and gives their names and sizes. Throws a GitError if one is missing. */
export async function* keepBlobs(
  options: GitOptions,
  objects: readonly string[],
  { file, keeping }: BlobKeeping,
): AsyncGenerator<{ readonly name: string; readonly bytes: number }> {
  let bytes = 0;
  let chunks: Buffer[] = [];
  let large: FileHandle | null = null;
  try {
    for await (const part of blobParts(options, objects)) {
      if (part.kind === 'begin') {
        ({ bytes } = part);
        chunks = [];
        if (bytes > heldBytes) large = await open(file, 'w', 0o600);
      } else if (part.kind === 'data') {
        if (large === null) chunks.push(part.chunk);
        else await large.writeFile(part.chunk);
      } else if (large === null) yield { name: await keeping.content(Buffer.concat(chunks)), bytes };
      else {
        await large.close();
        large = null;
        yield { name: await keeping.largeContent(file), bytes };
      }
    }
  } finally {
    await large?.close();
  }
}

/** The id git gives to a content, in a repository whose ids look like `like` (SHA-1 or SHA-256). */
export const blobId = (content: Buffer, like: string): string =>
  createHash(like.length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
