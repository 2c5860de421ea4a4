import { createStory } from '../../../shared/run/story/story.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { becameText } from './became-text.ts';

/** Events that are asked for at once. */
const pageSize = 500;

/** What became of a decision, from the log of its run; null: it still waits, or is not in the log. Throws what the API throws. */
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
