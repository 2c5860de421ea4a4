import type { Longhaul } from '../../ground/longhaul.ts';
import { readStory } from '../../ground/runs/read-log.ts';
import { becameText } from './became-text.ts';

/** What became of a decision, from the log of its run; null: it still waits, or is not in the log. Throws what the API throws. */
export const becameOf = async (
  { connection }: Pick<Longhaul, 'connection'>,
  { run, decision }: { readonly run: string; readonly decision: string },
): Promise<string | null> => becameText(await readStory(connection, run), decision, Date.now());
