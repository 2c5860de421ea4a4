import type { RunState } from '../../../shared/run/state.ts';
import { DamagedBlob } from '../blobs/blobs.ts';
import { refused, type ControlPlane } from './plane.ts';

export interface Wanted {
  readonly run: Pick<RunState, 'id' | 'number'>;
  readonly hash: string;
  /** What it is to a person: `the patch`. */
  readonly what: string;
}

const short = (hash: string): string => hash.slice(0, 12);

/** A blob of a run. Throws RefusedError where it is gone, or is not what it was, with what it was and where it belongs. */
export const readBlob = async (
  { blobs }: Pick<ControlPlane, 'blobs'>,
  { run, hash, what }: Wanted,
): Promise<Buffer> => {
  const trouble = (verb: string) =>
    refused(
      'not_found',
      `Blob ${short(hash)}, ${what} of run ${run.number}, ${verb}.`,
      `Put blobs/${hash.slice(0, 2)}/${hash.slice(2)} back from a back-up of this home (in a bucket: ${hash}); else delegate the task again.`,
    );
  if ((await blobs.size(hash)) === null) throw trouble('is not among the runner’s blobs any more');
  try {
    return await blobs.read(hash);
  } catch (error) {
    if (error instanceof DamagedBlob) throw trouble('is damaged where it is kept');
    throw error;
  }
};
