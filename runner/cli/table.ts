import { width } from './text.ts';

export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
}

/** Cells in columns, two spaces apart, each as wide as its widest cell. Cells may hold colours. The last column is not padded. */
export const table = (columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = columns.map((column, at) => Math.max(width(column.head), ...rows.map((row) => width(row[at] ?? ''))));
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, at) => {
        const cell = cells[at] ?? '';
        const gap = ' '.repeat(Math.max(0, (widths[at] ?? 0) - width(cell)));
        if (column.align === 'right') return gap + cell;
        return at === columns.length - 1 ? cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.head)), ...rows.map(line)];
};
