import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { cleanLine, exactArguments, shownPath, visible } from '../../../shared/text/clean.ts';
import { editAsPatch, fileArguments, proposedText, type FileArguments } from '../../ground/decision/file-arguments.ts';
import type { FileThere } from '../../ground/repository/repository.ts';
import type { Item } from '../../ground/page/page.ts';
import { button, buttonsItem } from './items.ts';

export interface Asked {
  readonly request: DecisionRequest;
  readonly state: { readonly id: string };
  readonly there: FileThere;
}

/** What is asked: a file as a file, all else exactly as it is. The hash is over the exact arguments, which are there in any case. */
export const argumentItems = ({ request, state, there }: Asked): readonly Item[] => {
  const label = request.tool === null ? t('Exactly') : t('Exactly, for the tool {0}', cleanLine(request.tool));
  const exact: Item = { key: 'arguments', kind: 'code', label, text: exactArguments(request.arguments) };
  const file = fileArguments(request);
  if (file === null) return [request.kind === 'question' ? { ...exact, folded: true } : exact];
  const target = { run: state.id, decision: request.id };
  const open = button('longhaul.openProposal', file.kind === 'patch' ? t('Open in Editor') : t('Open File'), target);
  const against = there.kind === 'text' || file.kind === 'edit';
  return [
    fileItem(file, there),
    buttonsItem('proposal', against ? { ...open, label: t('Open Diff in Editor') } : open),
    { ...exact, folded: true },
  ];
};

const fileItem = (asked: FileArguments, there: FileThere): Item => {
  const item = (label: string, text: string, as: 'text' | 'patch'): Item => ({
    key: 'file',
    kind: 'code',
    label,
    text: visible(text),
    as,
  });
  if (asked.kind === 'patch') return item(t('Patch'), asked.patch, 'patch');
  const path = shownPath(asked.path);
  const before = there.kind === 'text' ? there.text : null;
  const after = proposedText(asked, before);
  if (before !== null && after !== null)
    return item(
      t('{0}, which is there: what changes', path),
      before === after ? ` ${t('(nothing)')}` : editAsPatch(before, after),
      'patch',
    );
  if (asked.kind === 'edit') {
    const fits = there.kind === 'other' ? path : t('{0}, which has no such text once: the edit will fail', path);
    return item(fits, editAsPatch(asked.old, asked.new), 'patch');
  }
  return item(contentLabel(path, linesOf(asked.content), there.kind === 'none'), asked.content, 'text');
};

const contentLabel = (path: string, lines: number, isNew: boolean): string => {
  if (isNew) return lines === 1 ? t('{0}, a new file of 1 line', path) : t('{0}, a new file of {1} lines', path, lines);
  return lines === 1 ? t('{0}, 1 line', path) : t('{0}, {1} lines', path, lines);
};

const linesOf = (content: string): number =>
  content.split('\n').length - (content === '' || content.endsWith('\n') ? 1 : 0);
