import { createStory, type Story } from '../../../shared/run/story/story.ts';
import type { Connection } from '../connection/connection.ts';

/** Events that are asked for at once. */
const pageSize = 500;

/** The story of a run as far as its log goes now. Throws what the API throws. */
export const readStory = async (connection: Connection, run: string): Promise<Story> => {
  const { events } = (await connection.api()).runs;
  const story = createStory();
  for (let after = 0; ;) {
    const page = await events.query({ run, after, limit: pageSize });
    for (const event of page) story.add(event);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return story;
    after = last.seq;
  }
};
