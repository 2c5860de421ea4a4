/** Tells an attempt whether it is still the newest one: one that was overtaken must change nothing any more. */
type IsNewest = () => boolean;

export interface Attempts<Value> {
  /** What the newest attempt comes to; begins one where there is none. Rejects as that does. */
  get(): Promise<Value>;
  /** The next one who asks begins another; one that is still under way counts for nothing. */
  forget(): void;
}

/** One attempt at a time. Whoever waits for one that was overtaken gets what the newest comes to. */
export const newestAttempt = <Value>(make: (isNewest: IsNewest) => Promise<Value>): Attempts<Value> => {
  let number = 0;
  let current: Promise<Value> | null = null;
  const begin = (): Promise<Value> => {
    number += 1;
    const mine = number;
    const isNewest = (): boolean => mine === number;
    const attempt: Promise<Value> = make(isNewest).then(
      (value) => (isNewest() ? value : get()),
      (error: unknown) => {
        if (!isNewest()) return get();
        current = null;
        throw error;
      },
    );
    current = attempt;
    return attempt;
  };
  const get = (): Promise<Value> => current ?? begin();
  return {
    get,
    forget: () => {
      number += 1;
      current = null;
    },
  };
};
