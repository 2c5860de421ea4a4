import { Coverage, type CommandCoverage } from '../../../shared/review/coverage.ts';
import type { RoundResult, RunState } from '../../../shared/run/state.ts';
import type { ControlPlane } from './plane.ts';

/** A worker's own are a hundredth of it. */
const mostBytes = 32 * 1024 * 1024;

/**
 * What each verification command was seen to run of a result, in their order; empty where that is known of none. One that is gone, or is of another
 * result, tells nothing: a reviewer is no worse off than without it.
 */
export const coverageOf = async (
  { blobs }: Pick<ControlPlane, 'blobs'>,
  { verification }: Pick<RunState, 'verification'>,
  { head }: Pick<RoundResult, 'head'>,
): Promise<readonly CommandCoverage[]> => {
  const filesOf = async (hash: string | null): Promise<CommandCoverage['files']> => {
    if (hash === null || ((await blobs.size(hash)) ?? Infinity) > mostBytes) return [];
    const text = await blobs.read(hash).catch(() => null);
    const coverage = text === null ? null : Coverage.safeParse(jsonOf(text.toString('utf8'))).data;
    return coverage?.tree === head.tree ? coverage.files : [];
  };
  const all: CommandCoverage[] = [];
  for (const { command, coverage } of verification) all.push({ command, files: await filesOf(coverage) });
  return all.some(({ files }) => files.length > 0) ? all : [];
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
