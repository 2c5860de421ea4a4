import type { Outlets } from './command-sandbox.ts';
import { MemoryWatch } from './memory-use.ts';

/** Has a command watched by what its processes use of memory, with what they hold in files there, and by what `look` sees of its tree. */
export const watchLimits = (
  { watch }: Outlets,
  memoryBytes: number,
  {
    processes,
    look,
  }: {
    /** The command's, as folders of /proc. */
    readonly processes: () => Promise<readonly string[]>;
    readonly look: () => Promise<{ readonly exceeded: boolean; readonly memory: number }>;
  },
): void => {
  const memory = new MemoryWatch(memoryBytes);
  let inFiles = 0;
  watch('memory', async () => inFiles > memoryBytes || memory.exceeded(await processes()));
  watch('limit', async () => {
    const looked = await look();
    inFiles = looked.memory;
    return looked.exceeded;
  });
};
