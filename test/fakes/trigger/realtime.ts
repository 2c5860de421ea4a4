import type { ServerResponse } from 'node:http';
import { internalId, row, rowSchema } from './answers.ts';
import type { World } from './world.ts';

/** How long a realtime request waits for news. */
const liveMs = 20_000;

/** As a server answers that has no realtime backend. */
export const absent = (response: ServerResponse): void => {
  response.writeHead(503, { 'content-type': 'text/plain;charset=UTF-8' });
  response.end('Network error occurred');
};

/** `named`: the client says which version of Electric's protocol it speaks; the others get the names of before. */
type Answer = (query: URLSearchParams, response: ServerResponse, named: boolean) => Promise<void>;

/**
 * Electric's protocol for a shape, as Trigger.dev's own backend speaks it: what there is, then what changes. A row is an `insert`
 * where it is new to a connection, and an `update` after. A handle that it does not know is taken as it is.
 */
export const openRealtime = (world: World): Answer => {
  /** By handle: the runs that were told of. */
  const seen = new Map<string, Set<string>>();
  return async (query, response, named) => {
    const tags = query.get('tags')?.split(',') ?? null;
    const skipped = query.get('skipColumns')?.split(',') ?? [];
    const live = query.get('live') === 'true';
    const handle = query.get('handle') ?? `runs_${Date.now()}_${seen.size + 1}_fake`;
    const known = seen.get(handle) ?? new Set<string>();
    seen.set(handle, known);
    const after = live ? Number(/_(\d+)$/.exec(query.get('offset') ?? '')?.[1] ?? -1) : -1;
    const fresh = () =>
      world.runs.filter((run) => run.change > after && tags?.some((tag) => run.tags.includes(tag)) !== false);
    if (live) await untilNews(world, () => fresh().length > 0, response);
    if (response.destroyed) return;
    const messages = fresh().map((run) => {
      const operation = live && known.has(run.id) ? 'update' : 'insert';
      known.add(run.id);
      return { key: `"public"."TaskRun"/"${internalId(run)}"`, value: row(run, skipped), headers: { operation } };
    });
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      [named ? 'electric-handle' : 'electric-shape-id']: handle,
      [named ? 'electric-offset' : 'electric-chunk-last-offset']: `${Date.now()}_${world.changes}`,
      ...(live ? { 'electric-cursor': String(world.changes) } : { 'electric-schema': rowSchema }),
    });
    response.end(JSON.stringify([...messages, { headers: { control: 'up-to-date' } }]));
  };
};

const untilNews = async (world: World, news: () => boolean, response: ServerResponse): Promise<void> => {
  const deadline = Date.now() + liveMs;
  while (!news() && Date.now() < deadline && !response.destroyed) {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, deadline - Date.now());
    response.once('close', resolve);
    await Promise.race([world.nextChange(), late]);
    clearTimeout(timer);
  }
};
