import type { RunEvent } from '../../../shared/run/events.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';

/** As the Responses API allows. */
const longestId = 64;

/**
 * Gives calls other ids where theirs cannot serve: used before in this run (small servers count from 0 in every response),
 * empty or too long. To be applied before the turn is recorded, since claims, outputs and decisions name calls by id.
 */
export const uniqueCalls = (events: readonly RunEvent[], items: readonly ModelItem[]): readonly ModelItem[] => {
  const turns = events.flatMap(({ body }) => (body.type === 'turn.taken' ? [body] : []));
  const used = new Set(
    turns.flatMap((turn) => turn.items.flatMap((item) => (item.type === 'call' ? [item.call] : []))),
  );
  /** What a call is named now, by the id that the endpoint gave it. */
  const named = new Map<string, string>();
  let count = 0;
  return items.map((item) => {
    if (item.type === 'returned')
      return { ...item, call: item.call === null ? null : (named.get(item.call) ?? item.call) };
    if (item.type !== 'call') return item;
    let id = item.call;
    while (id === '' || id.length > longestId || used.has(id)) {
      count += 1;
      id = `call_${turns.length + 1}_${count}`;
    }
    used.add(id);
    named.set(item.call, id);
    return { ...item, call: id };
  });
};
