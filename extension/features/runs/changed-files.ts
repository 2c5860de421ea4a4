import { t } from '@vscode/l10n';
import { reviewFiles, unseenOf, type ReviewFile } from '../../../shared/review/review-file.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { factNode, plainTooltip, type Node } from '../../ground/node/node.ts';
import { changes } from '../../ground/text/text.ts';

/**
 * The files that a run changes: those of its latest result, or what it has changed while it waits for a person. Read from the runner when
 * somebody looks at them. None before there are any.
 */
export const changedFileNodes = (
  { id: run, soFar: unfinished, result, output }: RunSummary,
  connection: Connection,
): readonly Node[] => {
  const text = changes({ result: unfinished ?? result, output });
  if (text === null) return [];
  const soFar = unfinished !== null;
  const label = soFar ? t('Changed files so far') : t('Changed files');
  const id = `run ${run} files`;
  const children = async (): Promise<readonly Node[]> => {
    try {
      const api = await connection.api();
      const { changes } = await api.runs.diff.query({ run, soFar });
      return reviewFiles(changes, []).map((file) => fileNode(run, file, soFar));
    } catch (error) {
      const { message, remedy } = problemOf(error);
      return [factNode(`${id} trouble`, message, { text: remedy, icon: 'warning' })];
    }
  };
  return [
    { row: () => ({ id, label, description: text, icon: ['diff-multiple'], said: `${label}: ${text}` }), children },
  ];
};

const icons = {
  added: ['diff-added', 'gitDecoration.addedResourceForeground'],
  modified: ['diff-modified', 'gitDecoration.modifiedResourceForeground'],
  deleted: ['diff-removed', 'gitDecoration.deletedResourceForeground'],
  renamed: ['diff-renamed', 'gitDecoration.renamedResourceForeground'],
} as const;

/** A changed file: a click opens its diff. */
const fileNode = (run: string, { path, file, units }: ReviewFile, soFar: boolean): Node => {
  const { status, additions, deletions, binary } = file;
  const unseen = unseenOf({ units });
  const slash = path.lastIndexOf('/');
  const size = binary ? t('binary') : `+${additions} −${deletions}`;
  const said = [status, unseen, size].filter(Boolean).join(', ');
  return {
    row: () => ({
      id: `run ${run} file ${path}`,
      label: path.slice(slash + 1),
      description: [unseen, path.slice(0, Math.max(0, slash)), size].filter(Boolean).join(' · '),
      icon: icons[status],
      tooltip: plainTooltip(`${path}\n${said}`),
      command: { command: 'longhaul.review.openFile', title: t('Open Changes'), arguments: [{ run, path, soFar }] },
      said: `${path}, ${said}`,
    }),
  };
};
