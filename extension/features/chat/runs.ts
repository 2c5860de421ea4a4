import type { RunSummary } from '../../../shared/run/summary.ts';
import type { Longhaul } from '../../ground/longhaul.ts';

/** Runs that are listed in chat. */
const listed = 10;

/** The run with this number, or undefined. */
export const runByNumber = async ({ connection }: Longhaul, number: number): Promise<RunSummary | undefined> => {
  const api = await connection.api();
  const [run] = (await api.runs.list.query({ limit: 1, before: number + 1 })).runs;
  return run?.number === number ? run : undefined;
};

/** The newest, or the one that is asked for; the same for a message to the participant and for a tool. */
export const runsFor = async (longhaul: Longhaul, number: number | null): Promise<readonly RunSummary[]> => {
  if (number === null) return (await (await longhaul.connection.api()).runs.list.query({ limit: listed })).runs;
  const run = await runByNumber(longhaul, number);
  return run === undefined ? [] : [run];
};
