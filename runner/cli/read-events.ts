import type { RunEvent } from '../../shared/run/events.ts';
import type { Api } from './connection/client.ts';

/** Events asked for at once. */
const PAGE = 500;

/** All events of a run so far, in order. */
export async function* readEvents(api: Api, run: string): AsyncGenerator<RunEvent> {
  let after = 0;
  for (;;) {
    const page = await api.call.runs.events.query({ run, after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.seq;
  }
}
