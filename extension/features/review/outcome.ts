import { plural } from '../../../shared/text/figures.ts';
import { isDone } from '../../../shared/api/written.ts';
import type { Applied, AppliedFile } from '../../../shared/api/runner-api.ts';

/** Files that are not as the run made them: a person has something left to do. */
export const troubled = ({ files }: Applied): readonly AppliedFile[] =>
  files.filter(({ outcome }) => outcome === 'conflict' || outcome === 'refused');

/** What became of an application, in one sentence or two. */
export const appliedSummary = (applied: Applied): string => {
  const { how, target, files } = applied;
  const count = (wanted: AppliedFile['outcome']): number => files.filter(({ outcome }) => outcome === wanted).length;
  const whole = files.filter(isDone).length;
  const done = plural(whole, 'file');
  const conflicts = count('conflict');
  const parts: string[] = [];
  if (how === 'branch')
    parts.push(`The branch ${target} holds the accepted changes of ${plural(files.length, 'file')}.`);
  const already = count('already');
  if (how === 'worktree' && files.length > 0 && already === files.length)
    return 'Everything is in the working tree already; nothing was written.';
  // What fits of a file in conflict was written, too.
  const none = whole === 0 && conflicts > 0;
  if (how === 'worktree') parts.push(none ? 'No file was applied whole.' : `Applied ${done} to the working tree.`);
  if (how === 'undo') parts.push(`Brought back ${done} as before the application.`);
  const merged = count('merged');
  if (merged > 0) parts.push(`${plural(merged, 'file')} merged with your own changes.`);
  if (already > 0 && how === 'worktree') parts.push(`${plural(already, 'file')} had it already.`);
  if (conflicts > 0)
    parts.push(
      `${plural(conflicts, 'file')} in conflict, to be resolved: marked in ${conflicts === 1 ? 'its' : 'their'} text, or left as ${conflicts === 1 ? 'it is' : 'they are'}.`,
    );
  const refused = count('refused');
  if (refused > 0) parts.push(`${plural(refused, 'file')} left as ${refused === 1 ? 'it is' : 'they are'}.`);
  return parts.join(' ');
};

/** The line (from 0) of the first conflict marker of a text, or null. */
export const firstConflict = (text: string): number | null => {
  const at = text.search(/^<{7} /m);
  return at === -1 ? null : text.slice(0, at).split('\n').length - 1;
};

/** A name for a branch that says what it is for; git takes it as it is. */
export const branchName = (number: number, title: string): string => {
  const words = title
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  return words === '' ? `longhaul/${number}` : `longhaul/${number}-${words}`;
};
