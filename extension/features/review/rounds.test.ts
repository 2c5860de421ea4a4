import { expect, test } from 'vitest';
import type { ChangedFile, ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';
import { compareRounds } from './rounds.ts';

const version = (path: string, digit: string): FileVersion => ({
  path,
  mode: '100644',
  blob: digit.repeat(64),
  bytes: 1,
});
const file = (before: FileVersion | null, after: FileVersion | null, binary = false): ChangedFile => ({
  status: 'modified',
  before,
  after,
  binary,
  additions: 0,
  deletions: 0,
});
const commit = { commit: '1'.repeat(40), tree: '2'.repeat(40) };
const changes = (...files: ChangedFile[]): ChangeSet => ({ base: commit, head: commit, patch: '3'.repeat(64), files });

test('two rounds differ in what the later changed, added, took back and renamed, and not in what it left alone', () => {
  const at = version;
  const earlier = changes(
    file(at('same', '0'), at('same', '1')),
    file(at('again', '0'), at('again', '1')),
    file(at('back', '0'), at('back', '1'), true),
    file(null, at('new', '1')),
    file(at('old', '0'), at('moved', '0')),
    file(at('gone', '0'), null),
  );
  const later = changes(
    file(at('same', '0'), at('same', '1')),
    file(at('again', '0'), at('again', '2')),
    file(at('late', '0'), at('late', '2')),
    file(at('gone', '0'), null),
  );
  expect(compareRounds(earlier, later)).toEqual([
    { path: 'again', before: at('again', '1'), after: at('again', '2'), binary: false },
    { path: 'back', before: at('back', '1'), after: at('back', '0'), binary: true },
    { path: 'late', before: at('late', '0'), after: at('late', '2'), binary: false },
    { path: 'moved', before: at('moved', '0'), after: null, binary: false },
    { path: 'new', before: at('new', '1'), after: null, binary: false },
    { path: 'old', before: null, after: at('old', '0'), binary: false },
  ]);
  expect(compareRounds(later, later)).toEqual([]);
});
