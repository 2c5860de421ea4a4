import { bytes, plural } from '../text/figures.ts';

/** What goes with a run that is deleted. */
export interface Deletion {
  readonly run: string;
  readonly number: number;
  readonly title: string;
  readonly events: number;
  /** Contents that were stored for it: outputs, patches, checkpoints, its source. What another run has as well stays. */
  readonly contents: number;
  /** Of all of them. */
  readonly bytes: number;
  /** On the runner's machine, with its tree, its checkpoints and what `undo` needs; null: there is none. */
  readonly folder: string | null;
}

/** What goes with a run that is deleted, and what stays, in sentences. */
export const deletionText = ({
  events,
  contents,
  bytes: size,
  folder,
}: Pick<Deletion, 'events' | 'contents' | 'bytes' | 'folder'>): string => {
  const gone = [
    plural(events, 'event'),
    ...(contents === 0 ? [] : [`${plural(contents, 'stored content')} (${bytes(size)})`]),
    ...(folder === null
      ? []
      : ['its folder on the runner, with its tree, its checkpoints and what takes back an application (--undo)']),
  ];
  return `Gone for good: ${gone.join(', ')}. Your repository stays as it is, with every branch that was made of it.`;
};
