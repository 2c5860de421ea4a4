import type { RunEvent } from '../../../shared/run/events.ts';
import { createStory, type Story } from '../../../shared/run/story/story.ts';
import type { Connection } from '../connection/connection.ts';

/** Events that are asked for at once. */
const pageSize = 500;

/** The log of a run as far as it goes now. Throws what the API throws. */
export const readLog = async (connection: Connection, run: string): Promise<readonly RunEvent[]> => {
  const { events } = (await connection.api()).runs;
  const log: RunEvent[] = [];
  for (;;) {
    const page = await events.query({ run, after: log.at(-1)?.seq ?? 0, limit: pageSize });
    log.push(...page);
    if (page.length < pageSize) return log;
  }
};

/** Its story. Throws what the API throws. */
export const readStory = async (connection: Connection, run: string): Promise<Story> => {
  const story = createStory();
  for (const event of await readLog(connection, run)) story.add(event);
  return story;
};
