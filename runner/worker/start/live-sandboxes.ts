import { printedCharacters } from '../../../shared/api/worker-api.ts';
import { plural } from '../../../shared/text/figures.ts';
import type { Ports, Sandboxes } from '../run/ports/ports.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

/** Tells what the command that runs has printed so far; null: none runs. Whether it arrives is nobody's trouble. */
export type TellOutput = (output: string | null) => void;

/** ms: what a person who looks on takes for live. */
const tellMs = 1000;
/** More than is told, so that a secret which begins before that is known whole. */
const keptBytes = 4 * printedCharacters;

/** The same sandboxes, whose commands are told of while they run. A short one is not: its end is there as soon. */
export const toldOf = (
  sandboxes: Sandboxes,
  { tell, redact }: { readonly tell: TellOutput } & Pick<Ports, 'redact'>,
): Sandboxes => ({
  ...sandboxes,
  open: async (tree) => {
    const sandbox = await sandboxes.open(tree);
    return {
      run: (command, { signal }) => {
        const output = new Tail();
        let told = 0;
        const timer = setInterval(() => {
          if (output.total === told) return;
          told = output.total;
          tell(shownOf(redact(output.wholeLines()), output.unfinished()));
        }, tellMs);
        return sandbox.run(command, { signal, onOutput: (chunk) => output.push(chunk) }).finally(() => {
          clearInterval(timer);
          if (told > 0) tell(null);
        });
      },
      [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
    } satisfies Sandbox;
  },
});

/** As a terminal shows it, where a line is written over again and again. */
const asLast = (line: string): string => line.slice(line.trimEnd().lastIndexOf('\r') + 1);

const shownOf = (text: string, unfinished: number): string => {
  const rest = unfinished === 0 ? '' : `[a line of ${plural(unfinished, 'character')} by now, not at its end yet]\n`;
  return `${text.split('\n').map(asLast).join('\n')}${rest}`.slice(-printedCharacters);
};

/** The last bytes of a stream. */
class Tail {
  total = 0;
  #kept: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    this.total += chunk.length;
    this.#kept.push(chunk);
    this.#length += chunk.length;
    if (this.#length > 2 * keptBytes) {
      this.#kept = [Buffer.from(Buffer.concat(this.#kept).subarray(-keptBytes))];
      this.#length = keptBytes;
    }
  }

  /** Of a line that is cut, or not yet at its end, nobody knows whether it is a part of a secret. */
  wholeLines(): string {
    const text = this.#text();
    const begin = this.total === this.#length ? 0 : text.indexOf('\n') + 1;
    return text.slice(begin, Math.max(begin, endOfLines(text)));
  }

  /** Characters of the last line, where that is not at its end. */
  unfinished(): number {
    const text = this.#text();
    return text.length - endOfLines(text);
  }

  #text(): string {
    return Buffer.concat(this.#kept).toString('utf8');
  }
}

const endOfLines = (text: string): number => Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
