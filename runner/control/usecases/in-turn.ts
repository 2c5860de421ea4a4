const last = new Map<string, Promise<unknown>>();

/** Runs what is given under one key one after the other, in the order it came. The keys share nothing. */
export const inTurn = async <Value>(key: string, work: () => Promise<Value>): Promise<Value> => {
  const before = last.get(key) ?? Promise.resolve();
  const mine = before.then(work, work);
  last.set(key, mine);
  try {
    return await mine;
  } finally {
    if (last.get(key) === mine) last.delete(key);
  }
};
