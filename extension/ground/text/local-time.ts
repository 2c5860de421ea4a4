/** A moment as the reader's language and clock have it, in every view and page alike: `4 Mar 2026, 12:01`. */
export const localTime = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A text that was made for every reader, with its moments as this one's clock has them. */
export const inLocalTime = (text: string): string =>
  text.replaceAll(/\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z| UTC)/g, (_, day: string, time: string) =>
    localTime(`${day}T${time}Z`),
  );
