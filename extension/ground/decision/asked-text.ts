import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';

/** What is asked, as rows and notices say it: publishing is a question, and not what the agent is about to do. */
export const askedText = ({ kind, action }: Pick<DecisionRequest, 'kind' | 'action'>): string =>
  kind === 'publish' ? t('{0}?', action) : action;
