import type { Terminal } from './terminal.ts';

/** A line that stays below everything printed through it, drawn anew several times a second. */
export interface LiveLine extends Disposable {
  readonly print: (text: string) => void;
}

/** ms: ten frames a second look like movement. */
const frameMs = 100;
const clearLine = '\r\u001b[2K';

/** `draw` gives the line for the n-th frame; null: none now. Where stdout is no terminal there is no line. */
export const liveLine = (terminal: Terminal, draw: (frame: number) => string | null): LiveLine => {
  if (!terminal.outIsTty) return { print: (text) => terminal.out(`${text}\n`), [Symbol.dispose]: () => undefined };
  let frame = 0;
  let shown = '';
  const show = () => {
    shown = draw(frame) ?? '';
    terminal.out(`${clearLine}${shown}`);
  };
  const timer = setInterval(() => {
    frame += 1;
    if (draw(frame) !== shown) show();
  }, frameMs);
  return {
    print: (text) => {
      terminal.out(`${clearLine}${text}\n`);
      show();
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      terminal.out(clearLine);
    },
  };
};
