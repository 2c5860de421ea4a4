import { bytes, plural } from './figures.ts';

/** What goes with a run that is deleted, and what stays, in sentences. */
export const deletionText = ({
  events,
  contents,
  bytes: size,
  folder,
}: {
  readonly events: number;
  readonly contents: number;
  readonly bytes: number;
  readonly folder: string | null;
}): string => {
  const gone = [
    plural(events, 'event'),
    ...(contents === 0 ? [] : [`${plural(contents, 'stored content')} (${bytes(size)})`]),
    ...(folder === null ? [] : ['its folder on the runner, with tree and checkpoints']),
  ];
  return `Gone for good: ${gone.join(', ')}. Your repository stays as it is, with every branch that was made of it.`;
};
