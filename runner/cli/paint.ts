type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan';
export type Paint = Readonly<Record<Colour, (text: string) => string>>;

/** SGR codes of ECMA-48: on, and what ends exactly that. */
const codes: Record<Colour, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

const painted = ([on, off]: readonly [number, number], use: boolean) =>
  use ? (text: string) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`) : (text: string) => text;

export const paintWith = (use: boolean): Paint => ({
  bold: painted(codes.bold, use),
  dim: painted(codes.dim, use),
  red: painted(codes.red, use),
  green: painted(codes.green, use),
  yellow: painted(codes.yellow, use),
  blue: painted(codes.blue, use),
  cyan: painted(codes.cyan, use),
});

export const plain = paintWith(false);

/** https://no-color.org: any value but an empty one turns colours off. */
export const wantsColour = (env: NodeJS.ProcessEnv, { tty, flag }: { tty: boolean; flag: boolean }): boolean =>
  flag && tty && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
