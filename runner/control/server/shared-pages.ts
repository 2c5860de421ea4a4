import type { FeedFilter, Store } from '../store/store.ts';

/** Reads a page of the feed after a position. */
export type ReadPage<Page> = (filter: FeedFilter, after: number) => Promise<Page>;

/**
 * A commit wakes all subscribers at once, and most of them are at the same position: those who ask for the same page while
 * it is being read share that one read. One that was begun before a commit is not for those who ask after they were told
 * of it: it may lack what they were woken for.
 */
export const sharedPages = <Page>(store: Pick<Store, 'onCommit'>, read: ReadPage<Page>): ReadPage<Page> => {
  const underWay = new Map<string, Promise<Page>>();
  store.onCommit(() => underWay.clear());
  return (filter, after) => {
    const key = JSON.stringify([filter.tenant, filter.run, after]);
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const page = read(filter, after);
    underWay.set(key, page);
    const forget = (): void => {
      if (underWay.get(key) === page) underWay.delete(key);
    };
    page.then(forget, forget);
    return page;
  };
};
