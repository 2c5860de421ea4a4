import { t } from '@vscode/l10n';
import type { Story } from '../../../shared/run/story/story.ts';
import { span } from '../../../shared/text/figures.ts';
import { localTime } from '../../ground/text/local-time.ts';

/**
 * What became of a decision, for a person who comes too late: who decided what, and when. Null: it still waits, or is not in the log.
 * `now` in ms since the epoch.
 */
export const becameText = (story: Story, decision: string, now: number): string | null => {
  const moment = story.find(`decision ${decision}`);
  if (moment?.about.kind !== 'decision') return null;
  const { made, status } = moment.about.decision;
  if (made !== null) {
    const ago = span(now - Date.parse(made.at));
    return t('This was {0} {1} ago ({2}). What you did was not taken.', moment.detail, ago, localTime(made.at));
  }
  if (status === 'withdrawn') return t('This was asked anew meanwhile; the new question is in Needs You.');
  if (status === 'moot') return t('This is not asked any more: the result was published or judged otherwise.');
  return status === 'void' ? t('The run ended before this was decided.') : null;
};
