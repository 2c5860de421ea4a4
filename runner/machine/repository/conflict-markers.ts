/** What stands beside the markers of a conflict: the person's side, what both came from, the run's side. */
export const labels = { ours: 'yours', before: 'before the run', after: 'Longhaul' } as const;

const marker = new RegExp(`^(?:<{7} ${labels.ours}|>{7} ${labels.after})\\r?$`, 'm');

/**
 * Whether a text still has a conflict that an application of a result marked. Merging into it would nest the markers. One marker
 * is enough: half resolved is not resolved. Lines of this kind that were there before the run are the file's own.
 */
export const hasConflict = (ours: Buffer | null, before: Buffer | null): boolean =>
  ours !== null && marker.test(ours.toString('latin1')) && !marker.test(before?.toString('latin1') ?? '');
