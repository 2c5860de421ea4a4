import type { RunEvent } from '../../shared/run/events.ts';
import type { Api } from './connection/client.ts';

/** Events asked for at once. */
const pageSize = 500;

/** All events of a run so far, in order. */
export async function* readEvents(api: Api, run: string): AsyncGenerator<RunEvent> {
  let after = 0;
  for (;;) {
    const page = await api.call.runs.events.query({ run, after, limit: pageSize });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.seq;
  }
}
