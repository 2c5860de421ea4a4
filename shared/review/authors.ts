import type { LineChange } from './patch.ts';
import type { Moment } from '../run/story/moment.ts';
import { toolArguments } from '../tool/arguments.ts';
import { parsePatch, type FileChange } from '../tool/patch.ts';

/** A call of the agent that wrote text into a file. */
export interface Author {
  /** As the run's page counts calls. */
  readonly number: number;
  readonly tool: string;
}

/** What it took out of a file, and put there. */
interface Write extends Author {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

const Edit = toolArguments.edit;
const Whole = toolArguments.write;
const Patch = toolArguments.apply_patch;

/** All that calls wrote, in their order, as far as their arguments say it: what a command wrote is on no record. */
export const writesOf = (moments: readonly Moment[]): readonly Write[] =>
  moments.flatMap(({ about }) => {
    if (about.kind !== 'call' || about.call.finished?.outcome !== 'ok') return [];
    const { number, tool, arguments: args } = about.call;
    return textsOf(tool, args).map((texts) => ({ number, tool, ...texts }));
  });

const textsOf = (tool: string, args: unknown): readonly Omit<Write, keyof Author>[] => {
  switch (tool) {
    case 'edit': {
      const edit = Edit.safeParse(args).data;
      return edit === undefined ? [] : [{ path: edit.path, before: edit.old, after: edit.new }];
    }
    case 'write': {
      const whole = Whole.safeParse(args).data;
      return whole === undefined ? [] : [{ path: whole.path, before: '', after: whole.content }];
    }
    case 'apply_patch': {
      const patch = Patch.safeParse(args).data;
      return patch === undefined ? [] : ofPatch(patch.patch);
    }
    default:
      return [];
  }
};

const ofPatch = (patch: string): readonly Omit<Write, keyof Author>[] => {
  const parsed = parsePatch(patch);
  return parsed.outcome === 'ok' ? parsed.changes.flatMap(ofChange) : [];
};

const ofChange = (change: FileChange): readonly Omit<Write, keyof Author>[] => {
  if (change.kind === 'delete') return [];
  if (change.kind === 'add') return [{ path: change.path, before: '', after: change.lines.join('\n') }];
  const path = change.moveTo ?? change.path;
  return change.hunks.map(({ lines }) => {
    const without = (kind: 'added' | 'removed'): string =>
      lines.flatMap((one) => (one.kind === kind ? [] : [one.text])).join('\n');
    return { path, before: without('added'), after: without('removed') };
  });
};

const textOf = ({ lines }: LineChange['before']): string => lines.map((text) => text.replace(/\r?\n$/, '')).join('\n');

/** The last call that can be told to have made a change of a file; null: none can, as with what a command or several calls did. */
export const authorOf = (writes: readonly Write[], path: string, change: LineChange): Author | null => {
  const [before, after] = [textOf(change.before), textOf(change.after)];
  const made = writes.findLast((write) => {
    if (write.path.replace(/^\.\//, '') !== path) return false;
    // All that is new is in what it wrote; or it changed a part of these lines, and no other ones.
    if (after.trim() !== '' && write.after.includes(after)) return !write.before.includes(after);
    if (after === '') return before.trim() !== '' && write.before.includes(before) && !write.after.includes(before);
    return write.before !== '' && write.after !== '' && before.includes(write.before) && after.includes(write.after);
  });
  return made === undefined ? null : { number: made.number, tool: made.tool };
};
