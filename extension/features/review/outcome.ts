import { t } from '@vscode/l10n';
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
  const conflicts = count('conflict');
  const parts: string[] = [];
  if (how === 'branch')
    parts.push(
      files.length === 1
        ? t('The branch {0} holds the accepted changes of 1 file.', target)
        : t('The branch {0} holds the accepted changes of {1} files.', target, files.length),
    );
  const already = count('already');
  if (how === 'worktree' && files.length > 0 && already === files.length)
    return t('Everything is in the working tree already; nothing was written.');
  // What fits of a file in conflict was written, too.
  const none = whole === 0 && conflicts > 0;
  if (how === 'worktree')
    parts.push(
      none
        ? t('No file was applied whole.')
        : whole === 1
          ? t('Applied 1 file to the working tree.')
          : t('Applied {0} files to the working tree.', whole),
    );
  if (how === 'undo')
    parts.push(
      whole === 1
        ? t('Brought back 1 file as before the application.')
        : t('Brought back {0} files as before the application.', whole),
    );
  const merged = count('merged');
  if (merged > 0)
    parts.push(
      merged === 1 ? t('1 file merged with your own changes.') : t('{0} files merged with your own changes.', merged),
    );
  if (already > 0 && how === 'worktree')
    parts.push(already === 1 ? t('1 file had it already.') : t('{0} files had it already.', already));
  if (conflicts > 0)
    parts.push(
      conflicts === 1
        ? t('1 file in conflict, to be resolved: marked in its text, or left as it is.')
        : t('{0} files in conflict, to be resolved: marked in their text, or left as they are.', conflicts),
    );
  const refused = count('refused');
  if (refused > 0) parts.push(refused === 1 ? t('1 file left as it is.') : t('{0} files left as they are.', refused));
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
