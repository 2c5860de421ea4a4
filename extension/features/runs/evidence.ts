import { t } from '@vscode/l10n';
import { passed, type CommandRecord } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { openRun, plainTooltip, type Node } from '../../ground/node/node.ts';
import { span } from '../../../shared/text/figures.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { evidence } from '../../ground/text/text.ts';

/** What Longhaul ran itself to see whether the result holds: a row per command. None before it has run. */
export const evidenceNodes = ({ id, verification }: RunSummary): readonly Node[] => {
  const text = evidence({ verification });
  if (text === null) return [];
  return [
    {
      row: () => ({
        id: `run ${id} evidence`,
        label: t('Evidence'),
        description: text,
        icon: ['beaker', verification.every(passed) ? undefined : 'testing.iconFailed'],
        said: t('Evidence: {0}', text),
      }),
      children: () => verification.map((command) => commandNode(id, command)),
    },
  ];
};

/** A command of the verification: a click opens the run's page, which has its output. */
const commandNode = (run: string, record: CommandRecord): Node => {
  const { index, command, outcome, exitCode, durationMs } = record;
  const good = passed(record);
  const result = outcome === 'exited' ? t('exit {0}', String(exitCode)) : outcome;
  return {
    row: () => ({
      id: `run ${run} evidence ${index}`,
      label: oneLine(command, 120),
      description: `${result} · ${span(durationMs)}`,
      icon: good ? ['pass', 'testing.iconPassed'] : ['error', 'testing.iconFailed'],
      tooltip: plainTooltip(command),
      command: openRun(run),
      said: good ? t('{0}: passed, {1}', command, result) : t('{0}: failed, {1}', command, result),
    }),
  };
};
