import type { Scheduled } from '../store/store.ts';

/** Activations at once, per tenant and per repository of a tenant; null: no limit but the engine's. */
export interface ScheduleLimits {
  readonly perTenant: number | null;
  readonly perRepository: number | null;
}

export interface Schedule {
  readonly queued: readonly Scheduled[];
  /** Held by a worker, or handed to one that has not begun. */
  readonly running: readonly Scheduled[];
  readonly limits: ScheduleLimits;
  readonly freeSlots: number;
}

type Load = Map<string, number>;

// Tenants cannot crowd each other out by naming the same path.
const repositoryOf = (item: Scheduled): string => JSON.stringify([item.tenant, item.repository]);

const add = (load: Load, key: string): Load => load.set(key, (load.get(key) ?? 0) + 1);

/**
 * Which queued activations to start, in order. Never above a limit, and never leaves a slot empty that one of them may
 * fill. The higher priority goes first; among equals the tenant with the least running, then whoever waits longest.
 */
export const pick = ({ queued, running, limits, freeSlots }: Schedule): readonly Scheduled[] => {
  const byTenant: Load = new Map();
  const byRepository: Load = new Map();
  const started = new Set<string>();
  const count = (item: Scheduled): void => {
    add(byTenant, item.tenant);
    add(byRepository, repositoryOf(item));
    started.add(item.run);
  };
  for (const item of running) count(item);

  const mayStart = (item: Scheduled): boolean =>
    !started.has(item.run) &&
    (byTenant.get(item.tenant) ?? 0) < (limits.perTenant ?? Infinity) &&
    (byRepository.get(repositoryOf(item)) ?? 0) < (limits.perRepository ?? Infinity);
  const goesBefore = (a: Scheduled, b: Scheduled): boolean => {
    const order =
      b.priority - a.priority ||
      (byTenant.get(a.tenant) ?? 0) - (byTenant.get(b.tenant) ?? 0) ||
      Date.parse(a.since) - Date.parse(b.since) ||
      a.number - b.number;
    return order < 0;
  };

  const picked: Scheduled[] = [];
  while (picked.length < freeSlots) {
    const first = queued
      .filter(mayStart)
      .reduce<Scheduled | null>((best, item) => (best === null || goesBefore(item, best) ? item : best), null);
    if (first === null) break;
    picked.push(first);
    count(first);
  }
  return picked;
};
