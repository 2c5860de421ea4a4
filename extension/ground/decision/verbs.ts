import { t } from '@vscode/l10n';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { publishArguments } from '../../../shared/run/publish-decision.ts';
import { isUpdate } from './publication-facts.ts';

/** What the two answers to a question are called, and what the second one does. */
export interface Verbs {
  readonly yes: string;
  readonly no: string;
  /** What `no` comes to, and who reads why. */
  readonly noMeans: string;
}

const stopsHere = t('Work stops here; what there is is verified and handed over for review. Why? It goes on record.');

const publishVerb = (request: Pick<DecisionRequest, 'kind' | 'arguments'>): string => {
  const effects = publishArguments(request)?.effects ?? [];
  const opens = effects.find((effect) => effect.kind === 'pull request');
  if (opens === undefined) return t('Publish');
  if (isUpdate(effects)) return t('Update Pull Request');
  return opens.draft ? t('Open Draft Pull Request') : t('Open Pull Request');
};

/** A question of each kind is answered by what it is about; only a call is approved as such. */
export const verbsOf = (request: Pick<DecisionRequest, 'kind' | 'requester' | 'arguments'>): Verbs => {
  const { kind, requester } = request;
  switch (kind) {
    case 'publish':
      return {
        yes: publishVerb(request),
        no: t('Do Not Publish'),
        noMeans: t('Nothing is published, and the result stays in review. Why? It goes on record.'),
      };
    case 'call':
      return { yes: t('Approve'), no: t('Reject'), noMeans: t('Why? The agent reads it and goes on from there.') };
    case 'changes':
      return {
        yes: t('Keep Changes'),
        no: t('Take Back'),
        noMeans: t('The workspace is taken back to before the call. Why? The agent reads it and goes on from there.'),
      };
    case 'budget':
      return { yes: t('Raise Limit'), no: t('Stop Here'), noMeans: stopsHere };
    case 'setup':
      return {
        yes: t('Run Setup'),
        no: t('Leave Out'),
        noMeans: t('Verification runs with the setup of the base, and says so. Why? It goes on record.'),
      };
    case 'retry':
      return requester.call === null
        ? {
            yes: t('Try Again'),
            no: t('Give Up'),
            noMeans: t('The run ends as failed, and can be resumed from its last checkpoint. Why? It goes on record.'),
          }
        : {
            yes: t('Run Once More'),
            no: t('Leave It'),
            noMeans: t('The agent is told that the call was interrupted, and goes on. Why? It reads that, too.'),
          };
    case 'question':
      return requester.call === null
        ? { yes: t('Answer'), no: t('Stop Here'), noMeans: stopsHere }
        : {
            yes: t('Answer'),
            no: t('Reject'),
            noMeans: t('Why is it not answered? The agent reads it and goes on from there.'),
          };
  }
};
