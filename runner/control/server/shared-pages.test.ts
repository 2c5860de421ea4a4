import { expect, test } from 'vitest';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { Store } from '../store/store.ts';
import { sharedPages } from './shared-pages.ts';

/** A store whose reads end when the test says so, each with one event that has the number of the read for its position. */
const setUp = () => {
  const reads: PromiseWithResolvers<readonly RunEvent[]>[] = [];
  let tell: Parameters<Store['onCommit']>[0] = () => {};
  const page = sharedPages(
    {
      onCommit: (listener) => {
        tell = listener;
        return () => {};
      },
    },
    () => {
      reads.push(Promise.withResolvers());
      return reads.at(-1)!.promise;
    },
  );
  const end = (read: number): void => reads[read]!.resolve([{ position: read } as RunEvent]); // safe: nobody looks further
  return { page, reads, end, commit: () => tell(['run_aaaa'], 'this') };
};

const all = { tenant: 'local', run: null };

test('who asks for the same page at the same time gets it from one read', async () => {
  const { page, reads, end } = setUp();
  const pages = [page(all, 7), page(all, 7), page(all, 7)];
  expect(reads).toHaveLength(1);
  end(0);
  expect(await Promise.all(pages)).toEqual(Array.from({ length: 3 }, () => [{ position: 0 }]));
});

test('another position, run or tenant is another page, and so is the same one later', async () => {
  const { page, reads, end } = setUp();
  const first = page(all, 7);
  const others = [page(all, 8), page({ ...all, run: 'run_aaaa' }, 7), page({ ...all, tenant: 'other' }, 7)];
  for (let read = 0; read < 4; read += 1) end(read);
  await Promise.all([first, ...others]);
  void page(all, 7);
  expect(reads).toHaveLength(5);
});

test('who was told of a commit is not given what was read before it', async () => {
  const { page, end, commit } = setUp();
  const before = page(all, 7);
  commit();
  const after = page(all, 7);
  end(0);
  await before;
  // The earlier one is over; the later one is still shared.
  const alike = page(all, 7);
  end(1);
  expect(await Promise.all([before, after, alike])).toEqual([[{ position: 0 }], [{ position: 1 }], [{ position: 1 }]]);
});

test('a read that fails fails for those who shared it, and the next one is another', async () => {
  const { page, reads, end } = setUp();
  const pages = [page(all, 7), page(all, 7)];
  reads[0]!.reject(new Error('the database is away'));
  expect(await Promise.allSettled(pages)).toEqual([
    { status: 'rejected', reason: new Error('the database is away') },
    { status: 'rejected', reason: new Error('the database is away') },
  ]);
  const again = page(all, 7);
  end(1);
  expect(await again).toEqual([{ position: 1 }]);
});
