/** Characters that HFS+ ignores in names, so that `.g<U+200C>it` opens `.git`. From git's utf8.c, next_hfs_char. */
const ignoredByHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** True for a name that some file system takes for `.git`: other case, NTFS short name, trailing dots or spaces, a stream. @internal */
export const meansGitFolder = (name: string): boolean =>
  /^(\.git|git~\d+)[ .]*([:\\].*)?$/is.test(name.replace(ignoredByHfs, ''));

/** Why a path that came from a worker must not be used below a repository's root, as a sentence; null if it may. */
export const pathRefusal = (path: string): string | null => {
  if (path.includes('\0')) return 'The path holds a NUL character.';
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..'))
    return 'The path leads out of the repository.';
  if (names.some(meansGitFolder)) return 'The path leads into a git directory.';
  if (process.platform === 'win32' && /[\\:]/.test(path)) return 'The path is not a plain name on Windows.';
  return null;
};
