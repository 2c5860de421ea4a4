import { join } from 'node:path';
import type { Principal } from '../../../shared/api/runner-api.ts';
import {
  mostFileBytes,
  TreeFile,
  type TreeFileInput,
  type TreeInput,
  type TreePage,
} from '../../../shared/api/tree.ts';
import { isTerminal, type PreparedTree, type RunState } from '../../../shared/run/state.ts';
import { git, line, pathBytes, splitNul, type GitOptions } from '../../machine/git/git.ts';
import { foreignLimits } from '../../machine/git/limits.ts';
import { turns } from '../../machine/turns.ts';
import { asPerson, refused, runOf, type ControlPlane } from './plane.ts';

/** A tree that a run saved, and the repository that has it, which no sandbox sees. */
interface Saved {
  readonly repository: GitOptions;
  readonly tree: string;
}

/** Each read starts programs of this machine, which has runs to serve: of one tenant so many are under way at once. */
const inTurn = turns(4);

/** Throws RefusedError where there is none. */
const treeOf = (state: RunState): PreparedTree => {
  if (state.tree.status === 'prepared') return state.tree;
  throw refused(
    'conflict',
    `Run ${state.number} has no tree yet: it is ${state.status}.`,
    'Look again once it has begun to work.',
  );
};

/** What git did not find, it says to whoever looks after the runner. */
const gone = ({ keep, log }: ControlPlane, state: RunState, said: string): Error => {
  log.warn({ run: state.id, said }, 'a tree that was asked for cannot be read');
  return isTerminal(state)
    ? refused(
        'not_found',
        `The tree of run ${state.number} is not kept any more: it is ${state.status}.`,
        'A tree is kept until its run is over, and for some days after a run that can be resumed. Look at what it changed.',
      )
    : refused(
        'not_found',
        `The tree of run ${state.number} is not on the runner's machine${keep === 'local' ? '' : ', but with its workers'}.`,
        'Look at what it has changed so far, or wait for its result.',
      );
};

/** The last tree that a run saved, or that one of them. Throws RefusedError where it is none, or not on this machine. */
const savedBy = async (plane: ControlPlane, state: RunState, wanted: string | null): Promise<Saved> => {
  const { home, closing: signal } = plane;
  const { head, base } = treeOf(state);
  const gitDirectory = join(home.run(state.id), 'checkpoints.git');
  // What is in there was written by agents, and before that by whoever wrote the repository.
  const repository = { gitDirectory, folder: home.folder, limits: foreignLimits, signal };
  const log = await git(['log', '--format=%T', head.commit, '--'], repository);
  // The folder is gone, or a worker on another machine has saved what is not in it.
  if (!log.ok) throw gone(plane, state, log.errors);
  const tree = wanted ?? head.tree;
  // Beside them lies all that the source brought along, of which a run's reader is told nothing.
  if ([base.tree, ...line(log.output).split('\n')].includes(tree)) return { repository, tree };
  throw refused(
    'not_found',
    `Run ${state.number} has no tree ${tree.slice(0, 12)}, or not any more.`,
    'Open its tree again.',
  );
};

const pathIn = (entry: string): string => entry.slice(entry.indexOf('\t') + 1);

/** A path of git's as text, where that is what it is. */
const textOf = (path: string): string | null => {
  const bytes = pathBytes(path);
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : null;
};

/** The files of a tree that a run saved. Throws RefusedError. */
export const tree = async (plane: ControlPlane, caller: Principal, input: TreeInput): Promise<TreePage> => {
  const person = asPerson(caller);
  return inTurn(person.tenant, async () => {
    const state = await runOf(plane, person, input.run);
    const saved = await savedBy(plane, state, input.tree);
    const listed = await git(['ls-tree', '-r', '-z', '--full-tree', saved.tree], saved.repository);
    if (!listed.ok) throw gone(plane, state, listed.errors);
    // One character for each byte, as git orders them.
    const after = input.after === null ? '' : Buffer.from(input.after).toString('latin1');
    const files: string[] = [];
    for (const entry of splitNul(listed.output)) {
      const path = pathIn(entry);
      const text = path > after && /^(?:100|120)\d{3} blob /.test(entry) ? textOf(path) : null;
      if (text === null) continue;
      if (files.length === input.limit) return { tree: saved.tree, files, next: files.at(-1) ?? null };
      files.push(text);
    }
    return { tree: saved.tree, files, next: null };
  });
};

const Mode = TreeFile.shape.mode;

/** A file of such a tree. Throws RefusedError. */
export const treeFile = async (plane: ControlPlane, caller: Principal, input: TreeFileInput): Promise<TreeFile> => {
  const person = asPerson(caller);
  const { path } = input;
  return inTurn(person.tenant, async () => {
    const state = await runOf(plane, person, input.run);
    const { repository, tree } = await savedBy(plane, state, input.tree);
    const listed = await git(
      ['--literal-pathspecs', 'ls-tree', '-l', '-z', '--full-tree', tree, '--', path],
      repository,
    );
    // With a slash at its end a folder would be listed by what is in it.
    const [entry = ''] = splitNul(listed.output).filter((each) => textOf(pathIn(each)) === path);
    const [, mode = '', object = '', size = ''] = /^(\d{6}) blob ([0-9a-f]+) +(\d+)\t/.exec(entry) ?? [];
    if (object === '')
      throw refused('not_found', `The tree of run ${state.number} has no such file.`, 'Look at what it has.');
    const bytes = Number(size);
    if (bytes > mostFileBytes)
      throw refused(
        'invalid',
        `This file has ${bytes} bytes; up to ${mostFileBytes} are shown.`,
        'Make a branch of the result, and look at it there.',
      );
    const content = await git(['cat-file', 'blob', object], repository);
    if (!content.ok) throw gone(plane, state, content.errors);
    // Of other modes, such as 100664, none says more.
    return { mode: Mode.catch('100644').parse(mode), content: content.output.toString('base64') };
  });
};
