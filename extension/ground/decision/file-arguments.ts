import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { normalPath, parseCall } from '../../../shared/policy/call.ts';
import { toolArguments } from '../../../shared/tool/arguments.ts';

/** What a call that is asked about writes into files. `path` from the root of the repository. */
export type FileArguments =
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  | { readonly kind: 'edit'; readonly path: string; readonly old: string; readonly new: string }
  | { readonly kind: 'patch'; readonly patch: string };

/** Null: it is asked whether something else may be done, or the arguments do not fit their tool. */
export const fileArguments = ({
  kind,
  tool,
  arguments: args,
}: Pick<DecisionRequest, 'kind' | 'tool' | 'arguments'>): FileArguments | null => {
  if (kind !== 'call' || tool === null || parseCall(tool, args).outcome === 'invalid') return null;
  if (tool === 'write') {
    const { path, content } = toolArguments.write.parse(args);
    return { kind: 'write', path: normalPath(path), content };
  }
  if (tool === 'edit') {
    const edit = toolArguments.edit.parse(args);
    return { kind: 'edit', path: normalPath(edit.path), old: edit.old, new: edit.new };
  }
  return tool === 'apply_patch' ? { kind: 'patch', patch: toolArguments.apply_patch.parse(args).patch } : null;
};

/** Lines that stay and are shown beside those that change. */
const context = 3;

/** An edit as a patch shows it: lines that both texts begin or end with stay, the others are taken away and put there. */
export const editAsPatch = (before: string, after: string): string => {
  const [old, next] = [before.split('\n'), after.split('\n')];
  const most = Math.min(old.length, next.length);
  let first = 0;
  while (first < most && old[first] === next[first]) first += 1;
  let last = 0;
  while (last < most - first && old.at(-1 - last) === next.at(-1 - last)) last += 1;
  const mark = (sign: string, lines: readonly string[]): readonly string[] => lines.map((line) => `${sign}${line}`);
  const stays = (count: number): readonly string[] =>
    count <= 0 ? [] : [`@@ ${count === 1 ? t('1 line more that stays') : t('{0} lines more that stay', count)} @@`];
  return [
    ...stays(first - context),
    ...mark(' ', old.slice(Math.max(0, first - context), first)),
    ...mark('-', old.slice(first, old.length - last)),
    ...mark('+', next.slice(first, next.length - last)),
    ...mark(' ', old.slice(old.length - last, old.length - last + context)),
    ...stays(last - context),
  ].join('\n');
};

/** A file as it would be after the call. Null: an edit does not fit what is there. `there` null: there is no such file. */
export const proposedText = (asked: Exclude<FileArguments, { kind: 'patch' }>, there: string | null): string | null => {
  if (asked.kind === 'write') return asked.content;
  const parts = there?.split(asked.old) ?? [];
  return parts.length === 2 ? parts.join(asked.new) : null;
};
