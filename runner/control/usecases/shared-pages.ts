import type { RunEvent } from '../../../shared/run/events.ts';
import type { Store } from '../store/store.ts';

type Filter = Parameters<Store['feed']>[0];

/** Reads a page of the feed after a position. */
export type ReadPage = (filter: Filter, after: number) => Promise<readonly RunEvent[]>;

/**
 * A commit wakes all subscribers at once, and most of them are at the same position: those who ask for the same page while
 * it is being read share that one read. One that was begun before a commit is not for those who ask after they were told
 * of it: it may lack what they were woken for.
 */
export const sharedPages = (store: Pick<Store, 'feed' | 'onCommit'>, pageSize: number): ReadPage => {
  const underWay = new Map<string, Promise<readonly RunEvent[]>>();
  store.onCommit(() => underWay.clear());
  return (filter, after) => {
    const key = JSON.stringify([filter.tenant, filter.run, after]);
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const page = store.feed(filter, after, pageSize);
    underWay.set(key, page);
    const forget = (): void => {
      if (underWay.get(key) === page) underWay.delete(key);
    };
    page.then(forget, forget);
    return page;
  };
};
