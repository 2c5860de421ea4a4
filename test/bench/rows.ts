import { cpus, loadavg, release } from 'node:os';
import { DatabaseSync } from 'node:sqlite';

/** What a figure has to be; without one it is there to be looked at. */
interface Target {
  readonly at: 'most' | 'least' | 'below';
  readonly value: number;
}

/** One figure of the table. */
export interface Row {
  readonly what: string;
  /** Null: it could not be had on this machine, and the note says why. */
  readonly value: number | null;
  readonly unit: 'ms' | '×' | 'MB' | 'per step' | 'runs/min' | 'events/s';
  readonly target: Target | null;
  /** What it was made of: the two sides of a ratio, the parts of a time. */
  readonly note: string;
}

/** One benchmark: its name on the command line, and what it measures. */
export interface Bench {
  readonly name: string;
  /** It takes long: only where it is asked for. */
  readonly onlyByName?: boolean;
  /** ms after which it is given up; left out: as all others. */
  readonly limitMs?: number;
  run(): Promise<readonly Row[]>;
}

export type Outcome = 'met' | 'missed' | 'not measured' | '';

export const outcomeOf = ({ value, target }: Row): Outcome => {
  if (value === null) return 'not measured';
  if (target === null) return '';
  switch (target.at) {
    case 'most':
      return value <= target.value ? 'met' : 'missed';
    case 'least':
      return value >= target.value ? 'met' : 'missed';
    case 'below':
      return value < target.value ? 'met' : 'missed';
  }
};

/** What the figures were seen on: without it they mean nothing. */
export const machine = (): Readonly<Record<string, string | number>> => {
  using memory = new DatabaseSync(':memory:');
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    sqlite: String(memory.prepare('select sqlite_version() as version').get()?.['version']),
    /** Of the last minute; above 1 somebody else is at work, and times (not ratios) say little. */
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
};

const signs = { most: '≤', least: '≥', below: '<' } as const;

const shown = (value: number | null, unit: Row['unit']): string => {
  if (value === null) return '–';
  const text = unit === 'per step' || value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0);
  return `${text} ${unit}`;
};

/** The rows as a table of text; the last column is as wide as it needs to be. */
export const tableOf = (rows: readonly Row[]): string => {
  const cells = [
    ['', 'measured', 'target', '', 'made of'],
    ...rows.map((row) => [
      row.what,
      shown(row.value, row.unit),
      row.target === null ? '' : `${signs[row.target.at]} ${row.target.value} ${row.unit}`,
      outcomeOf(row),
      row.note,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
