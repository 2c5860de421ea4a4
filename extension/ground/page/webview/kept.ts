/** Where a person was on a page. */
export interface Place {
  /** What stood at the top of the window, and pixels from there to its own top. */
  readonly row: string;
  readonly offset: number;
  /** They were at the end of the page, and stay there. */
  readonly end: boolean;
}

/** What a page keeps while its tab is hidden, and over a restart; besides which page it is. */
export interface Kept {
  readonly draft: string;
  /** Rows that were opened (true) or closed by the person. */
  readonly open: Readonly<Record<string, boolean>>;
  /** Null: they had not gone anywhere yet. */
  readonly place: Place | null;
}

/** Rows whose state is kept: the latest ones. */
const mostRows = 500;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads what VS Code gives back: what an earlier version kept, or nobody, is nothing. */
export const readKept = (value: unknown): Kept => {
  const { draft, open, place } = isRecord(value) ? value : {};
  return {
    draft: typeof draft === 'string' ? draft : '',
    open: Object.fromEntries(
      Object.entries(isRecord(open) ? open : {}).flatMap(([row, is]) => (typeof is === 'boolean' ? [[row, is]] : [])),
    ),
    place: readPlace(place),
  };
};

const readPlace = (place: unknown): Place | null => {
  if (!isRecord(place)) return null;
  const { row, offset, end } = place;
  return typeof row === 'string' && typeof offset === 'number' && typeof end === 'boolean'
    ? { row, offset, end }
    : null;
};

/** With a row that was opened or closed. */
export const withRow = (open: Kept['open'], row: string, is: boolean): Kept['open'] =>
  Object.fromEntries([...Object.entries(open).filter(([other]) => other !== row), [row, is] as const].slice(-mostRows));
