import { createStory, type Story } from '../../../shared/run/story/story.ts';
import { span, utc } from '../../../shared/text/figures.ts';
import type { Longhaul } from '../../ground/longhaul.ts';

/** Events that are asked for at once. */
const pageSize = 500;

/**
 * What became of a decision, for a person who comes too late: who decided what, and when. Null: it still waits, or is not in the log.
 * `now` in ms since the epoch. @internal
 */
export const becameText = (story: Story, decision: string, now: number): string | null => {
  const moment = story.find(`decision ${decision}`);
  if (moment?.about.kind !== 'decision') return null;
  const { made, status } = moment.about.decision;
  if (made !== null) {
    const ago = span(now - Date.parse(made.at));
    return `This was ${moment.detail} ${ago} ago (${utc(made.at)}). What you did was not taken.`;
  }
  if (status === 'withdrawn') return 'This was asked anew meanwhile; the new question is in Needs You.';
  return status === 'void' ? 'The run ended before this was decided.' : null;
};

/** The same, from the log of the run. Throws what the API throws. */
export const becameOf = async (
  { connection }: Pick<Longhaul, 'connection'>,
  { run, decision }: { readonly run: string; readonly decision: string },
): Promise<string | null> => {
  const { events } = (await connection.api()).runs;
  const story = createStory();
  for (let after = 0; ;) {
    const page = await events.query({ run, after, limit: pageSize });
    for (const event of page) story.add(event);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return becameText(story, decision, Date.now());
    after = last.seq;
  }
};
