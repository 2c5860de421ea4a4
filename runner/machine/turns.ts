/**
 * Lets so many of one key be under way at once; the others of that key wait for their turn, in the order in which they came.
 */
export const turns = (atOnce: number): (<Value>(key: string, work: () => Promise<Value>) => Promise<Value>) => {
  const lines = new Map<string, { under: number; readonly waiting: (() => void)[] }>();
  return async (key, work) => {
    const line = lines.get(key) ?? { under: 0, waiting: [] };
    lines.set(key, line);
    if (line.under < atOnce) line.under += 1;
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next !== undefined) next();
      else if ((line.under -= 1) === 0) lines.delete(key);
    }
  };
};
