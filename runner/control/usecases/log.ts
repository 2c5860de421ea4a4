import type { RunEvent } from '../../../shared/run/events.ts';
import type { Store } from '../store/store.ts';

/** Events at once: a read holds up everything else of the control plane for as long as it takes. */
const pageSize = 500;

/** The whole log of a run. */
export const readLog = async (store: Store, run: string): Promise<readonly RunEvent[]> => {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await store.events(run, events.at(-1)?.seq ?? 0, pageSize);
    events.push(...page);
    if (page.length < pageSize) return events;
  }
};
