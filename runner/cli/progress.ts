/** Between two lines of progress, and before the first one, ms: what is over by then needs none. */
const everyMs = 1_000;

/** Tells a person on stderr what is being done, now and then. */
export const progressNotes = (note: (text: string) => void): ((doing: string) => void) => {
  let last = performance.now();
  return (doing) => {
    if (performance.now() - last < everyMs) return;
    last = performance.now();
    note(`${doing}…`);
  };
};
