import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline/promises';

/** Where a command reads and writes. Data goes out, everything that is said about it goes to `note`. */
export interface Terminal {
  readonly out: (text: string | Uint8Array) => void;
  readonly note: (text: string) => void;
  readonly outIsTty: boolean;
  /** A person can be asked: what is typed and what is shown both are at a terminal. */
  readonly interactive: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
  /** What is typed from now on, key by key, with none of them obeyed (Ctrl-C neither), until it is disposed of. Only where `interactive`. */
  readonly keys: () => Disposable & { readonly input: Readable };
  /** All of stdin. */
  readonly input: () => Promise<string>;
  /** One line from a person; null when they end the input or interrupt (Ctrl-D, Ctrl-C). The question goes to stderr, so that data stays data. */
  readonly ask: (question: string) => Promise<string | null>;
}

/** The size where nobody says: what a printed page and an old terminal have. */
const columns = 80;
const rows = 24;

export const processTerminal = (): Terminal => {
  // `longhaul diff 3 | head` closes the pipe early: that is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  return {
    out: (line) => void process.stdout.write(line),
    note: (line) => void process.stderr.write(line),
    outIsTty: process.stdout.isTTY,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    columns: () => process.stdout.columns || columns,
    rows: () => process.stdout.rows || rows,
    keys: () => {
      const input = process.stdin.setRawMode(true);
      // That leaves line ends to be completed, which the other terminal has done. All of it goes back with the mode.
      spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
      return {
        input,
        [Symbol.dispose]: () => {
          input.setRawMode(false);
          input.pause();
        },
      };
    },
    input: () => text(process.stdin),
    ask: async (question) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        // Ctrl-D and Ctrl-C end it without an answer, which readline takes for a failure.
        const answer = lines.question(question).catch((error: unknown) => {
          if (error instanceof Error && error.name === 'AbortError') return null;
          throw error;
        });
        return await Promise.race([answer, once(lines, 'close').then(() => null)]);
      } finally {
        lines.close();
      }
    },
  };
};
