import { t } from '@vscode/l10n';
import { z } from 'zod';
import type { DecisionKind, DecisionVerdict } from '../../../shared/decision/decision.ts';
import type { DecisionSummary } from '../../../shared/run/summary.ts';
import { isWhole, shownHash } from '../../ground/decision/verified.ts';
import { achieved } from '../../ground/achieved.ts';
import { ConnectionError } from '../../ground/problem/connection-error.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { change } from '../../ground/ask/change.ts';
import { openDecisions, pickDecision } from '../../ground/ask/pick.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { namedRun } from '../../ground/text/text.ts';
import { becameOf } from './became.ts';

const Target = z.object({ run: z.string(), decision: z.string() });

/**
 * The decision that a command is called for: a row's, or the one that a person picks. Undefined: none was picked.
 * Throws ConnectionError when it is no longer open, or is not what its hash says.
 */
export const decisionFor = async (
  longhaul: Longhaul,
  argument: unknown,
  kinds: readonly DecisionKind[],
): Promise<DecisionSummary | undefined> => {
  const { success, data } = Target.safeParse(argument);
  const summary = success
    ? longhaul.runs.decisions().find(({ run, request }) => run === data.run && request.id === data.decision)
    : await pickDecision(
        (await openDecisions(longhaul)).filter(({ request }) => kinds.includes(request.kind)),
        { title: t('Longhaul: Decide'), none: t('No such decision is open.') },
      );
  if (summary === undefined) {
    if (!success) return undefined;
    const became = await becameOf(longhaul, data);
    throw new ConnectionError('refused', became ?? t('This decision is no longer open.'), '');
  }
  if (!isWhole(summary))
    throw new ConnectionError(
      'refused',
      t('The hash of {0} does not match what it asks for.', summary.request.id),
      t("Do not approve it; look into the runner's log."),
    );
  return summary;
};

/** What dialogs call the run that asks. */
export const askedBy = ({ runs }: Pick<Longhaul, 'runs'>, { run, title }: DecisionSummary): string => {
  const state = runs.get(run);
  return state === undefined ? title : namedRun(state);
};

/** Decides, bound to the hash of what this window showed. Throws ConnectionError with who decided what where somebody was faster. */
export const decide = async (longhaul: Longhaul, summary: DecisionSummary, verdict: DecisionVerdict): Promise<void> => {
  const { run, request } = summary;
  const hash = shownHash(summary);
  try {
    await change(longhaul, run, (api) => api.decisions.decide.mutate({ run, decision: request.id, hash, verdict }));
    await achieved(longhaul.extension, 'decide');
  } catch (error) {
    const became = problemOf(error).code === 'refused' ? await becameOf(longhaul, { run, decision: request.id }) : null;
    throw became === null ? error : new ConnectionError('refused', became, '');
  }
};
