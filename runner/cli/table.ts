import { width } from './text.ts';

/** Cells in columns, two spaces apart, each as wide as its widest cell; those that are named in `right` end where their column does. Cells may hold colours. */
export const table = (rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => width(row[at] ?? ''))));
  return rows.map((row) =>
    widths
      .map((wide, at) => {
        const cell = row[at] ?? '';
        const gap = ' '.repeat(wide - width(cell));
        return right.includes(at) ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd(),
  );
};
