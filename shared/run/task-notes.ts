import type { Task } from './events.ts';

/** What whoever delegated should know of a task, a sentence each: of its terms first, then of the copy it runs on. Untrusted text. */
export const taskNotes = ({ notes, source }: Task): readonly string[] => [...notes, ...(source.notes ?? [])];
