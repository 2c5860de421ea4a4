import { expect, test } from 'vitest';
import { decide, type Decision, type OnDisk, type Version } from './apply-plan.ts';
import { meansGitFolder, pathRefusal } from './safe-path.ts';

const file = (id: string, mode: Version['mode'] = '100644', binary = false): Version => ({ id, mode, binary });
const disk = (version: Version): OnDisk => ({ kind: 'present', version });
const absent: OnDisk = { kind: 'absent' };
const blocked: OnDisk = { kind: 'blocked', reason: 'A folder is in its place.' };

const put = (content: 'theirs' | 'ours' | 'merged', mode: Version['mode'] = '100644'): Decision => ({
  kind: 'put',
  content,
  mode,
});
const conflict = (reason: string): Decision => ({ kind: 'conflict', reason });
const already: Decision = { kind: 'already' };
const [B, O, T] = [file('base'), file('ours'), file('theirs')];
const executable = (version: Version): Version => ({ ...version, mode: '100755' });
const link = (version: Version): Version => ({ ...version, mode: '120000' });
const binary = (version: Version): Version => ({ ...version, binary: true });

const inPlace: [string, Version | null, OnDisk, Version | null, Decision][] = [
  ['added, nothing here', null, absent, T, put('theirs')],
  ['added, executable', null, absent, executable(T), put('theirs', '100755')],
  ['added, the same is here', null, disk(T), T, already],
  ['added, another is here', null, disk(O), T, conflict('Another file is already there.')],
  [
    'added, same content but another mode is here',
    null,
    disk(executable(T)),
    T,
    conflict('Another file is already there.'),
  ],
  ['added, a folder is here', null, blocked, T, conflict('A folder is in its place.')],
  ['deleted, unchanged here', B, disk(B), null, { kind: 'remove' }],
  ['deleted, deleted here', B, absent, null, already],
  ['deleted, changed here', B, disk(O), null, conflict('The run deleted it, but it was changed here.')],
  [
    'deleted, mode changed here',
    B,
    disk(executable(B)),
    null,
    conflict('The run deleted it, but it was changed here.'),
  ],
  ['deleted, a folder is here', B, blocked, null, conflict('A folder is in its place.')],
  ['changed, unchanged here', B, disk(B), T, put('theirs')],
  ['changed, the same here', B, disk(T), T, already],
  ['changed, deleted here', B, absent, T, conflict('The run changed it, but it was deleted here.')],
  ['changed, a folder is here', B, blocked, T, conflict('A folder is in its place.')],
  ['both changed', B, disk(O), T, put('merged')],
  ['both changed, executable here', B, disk(executable(O)), T, put('merged', '100755')],
  ['both changed, made executable by the run', B, disk(O), executable(T), put('merged', '100755')],
  ['changed, only made executable here', B, disk(executable(B)), T, put('theirs', '100755')],
  ['made executable by the run, content changed here', B, disk(O), executable(B), put('ours', '100755')],
  ['made executable by both, content changed here', B, disk(executable(O)), executable(B), already],
  ['made plain by the run, content changed here', executable(B), disk(executable(O)), B, put('ours', '100644')],
  ['the same content, made executable by the run', B, disk(T), executable(T), put('ours', '100755')],
  ['binary here', B, disk(binary(O)), T, conflict('It was changed here and by the run, and its content is binary.')],
  [
    'binary from the run',
    B,
    disk(O),
    binary(T),
    conflict('It was changed here and by the run, and its content is binary.'),
  ],
  ['binary before', binary(B), disk(O), T, conflict('It was changed here and by the run, and its content is binary.')],
  ['link instead of file, unchanged here', B, disk(B), link(T), put('theirs', '120000')],
  [
    'link here, changed by the run',
    B,
    disk(link(O)),
    T,
    conflict('It was changed here and by the run, and one of the versions is a symbolic link.'),
  ],
  [
    'link from the run, changed here',
    B,
    disk(O),
    link(T),
    conflict('It was changed here and by the run, and one of the versions is a symbolic link.'),
  ],
];

test.each(
  inPlace.map(([name, before, ours, after, decision]) => ({
    name,
    change: { before, ours, after, target: null },
    decision,
  })),
)('$name', ({ change, decision }) => {
  expect(decide(change)).toEqual(decision);
});

const renamed: [string, OnDisk, OnDisk, Version, Decision][] = [
  ['unchanged here', disk(B), absent, B, put('ours')],
  ['and changed, unchanged here', disk(B), absent, T, put('theirs')],
  ['changed here', disk(O), absent, B, put('ours')],
  ['and changed, changed here', disk(O), absent, T, put('merged')],
  ['and changed, the same change here', disk(T), absent, T, put('ours')],
  ['deleted here', absent, absent, T, conflict('The run renamed it, but it was deleted here.')],
  ['renamed here in the same way', absent, disk(T), T, already],
  ['copied here', disk(B), disk(T), T, { kind: 'remove' }],
  [
    'copied here, and the old one changed',
    disk(O),
    disk(T),
    T,
    conflict('The run deleted it, but it was changed here.'),
  ],
  ['another file at the new path', disk(B), disk(O), T, conflict('Another file is already at its new path.')],
  ['a folder at the new path', disk(B), blocked, T, conflict('A folder is in its place.')],
  ['a folder at the old path', blocked, absent, T, conflict('A folder is in its place.')],
  [
    'binary changed on both sides',
    disk(binary(O)),
    absent,
    T,
    conflict('It was changed here and by the run, and its content is binary.'),
  ],
];

test.each(
  renamed.map(([name, ours, target, after, decision]) => ({
    name,
    change: { before: B, ours, after, target },
    decision,
  })),
)('renamed: $name', ({ change, decision }) => {
  expect(decide(change)).toEqual(decision);
});

test.each([
  '.git',
  '.GIT',
  'git~1',
  'GIT~2',
  '.git.',
  '.git ',
  '.git...',
  '.git::$INDEX_ALLOCATION',
  '.g\u200cit',
  '.git\\hooks',
])('the name %j means a git directory somewhere', (name) => {
  expect([meansGitFolder(name), pathRefusal(`a/${name}/b`)]).toEqual([true, 'The path leads into a git directory.']);
});

test.each(['.gitignore', '.github', 'git', 'a.git', '.git2', 'git~x', '...', ' .git'])(
  'the name %j is an ordinary one',
  (name) => {
    expect([meansGitFolder(name), pathRefusal(`a/${name}`)]).toEqual([false, null]);
  },
);

test.each(['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', 'a/', 'a/.'])(
  'the path %j leads out of the repository',
  (path) => {
    expect(pathRefusal(path)).toBe('The path leads out of the repository.');
  },
);
