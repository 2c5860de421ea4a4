const asked = process.env['LONGHAUL_SWEEP'] ?? '1';
const from = process.env['LONGHAUL_SWEEP_FROM'];

interface Sweep {
  /** What is struck, such as: SQLite, worker */
  readonly of: string;
  /** Every so many places are struck at, from this one on. */
  readonly stride: number;
  readonly first: number;
}

/**
 * Of all places those that are struck at. LONGHAUL_SWEEP=full: all of them; LONGHAUL_SWEEP=2: every second of what would be, from one drawn by lot on,
 * so that in time each is; LONGHAUL_SWEEP_FROM strikes from the same one on again.
 */
export const drawn = <Place>({ of, stride, first }: Sweep, places: readonly Place[]): readonly Place[] => {
  const every = asked === 'full' ? 1 : stride * Number(asked);
  const lot = from === undefined ? first + stride * Math.floor(Math.random() * (every / stride)) : Number(from);
  const struck = places.filter((_, index) => index % every === lot % every);
  process.stderr.write(`chaos, ${of}: ${struck.length} of ${places.length} places to be killed at, from ${lot} on\n`);
  return struck;
};
