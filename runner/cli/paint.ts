import { styleText } from 'node:util';

const colours = ['bold', 'dim', 'red', 'green', 'yellow', 'blue', 'cyan'] as const;
export type Paint = Readonly<Record<(typeof colours)[number], (text: string) => string>>;

export const paintWith = (use: boolean): Paint =>
  // safe: each colour has its entry
  Object.fromEntries(
    colours.map((colour) => [
      colour,
      (text: string) => (use && text !== '' ? styleText(colour, text, { validateStream: false }) : text),
    ]),
  ) as Paint;

/** @internal */
export const plain = paintWith(false);

/** https://no-color.org: any value but an empty one turns colours off. */
export const wantsColour = (env: NodeJS.ProcessEnv, { tty, flag }: { tty: boolean; flag: boolean }): boolean =>
  flag && tty && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
