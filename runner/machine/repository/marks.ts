import { cautionsAmong, cautionsOf, needsText, type MarkedFile, type Side } from '../../../shared/review/caution.ts';
import type { TaskPolicy } from '../../../shared/policy/policy.ts';
import type { ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';

/** A manifest or a link is smaller, bytes; what is larger is marked without being read. */
const readBytes = 1024 * 1024;

/** The files of a result that a reviewer should not overlook, with why. `read` gives a blob by its name. */
export const marksOf = async (
  { files }: Pick<ChangeSet, 'files'>,
  policy: TaskPolicy,
  read: (hash: string) => Promise<Buffer>,
): Promise<MarkedFile[]> => {
  const side = async (version: FileVersion | null): Promise<Side | null> => {
    if (version === null) return null;
    const { path, mode, blob, bytes } = version;
    const wanted = needsText(path, mode) && bytes <= readBytes;
    // What cannot be had is marked as unread; whoever goes on to use it hears why.
    const text = wanted
      ? await read(blob).then(
          (content) => content.toString('utf8'),
          () => null,
        )
      : null;
    return { path, mode, text };
  };
  const among = cautionsAmong(files.flatMap(({ after }) => (after === null ? [] : [after.path])));
  const marked: MarkedFile[] = [];
  for (const { before, after } of files) {
    const path = after?.path ?? before?.path ?? '';
    const together = among.get(path);
    const cautions = [
      ...(together === undefined ? [] : [together]),
      ...cautionsOf({ before: await side(before), after: await side(after) }, policy),
    ];
    if (cautions.length > 0) marked.push({ path, cautions });
  }
  return marked;
};
