import type { EventsInput, ListInput, Principal, RunInput, RunPage } from '../../../shared/api/runner-api.ts';
import type { RunnerInfo } from '../../../shared/api/runner-info.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { summary } from '../../../shared/run/summary.ts';
import { asPerson, runOf, type ControlPlane } from './plane.ts';

/** What a person sees of the runner and of their tenant's runs. */
export const info = async (plane: ControlPlane, caller: Principal): Promise<RunnerInfo> => {
  const { config, home, store, engine } = plane;
  const person = asPerson(caller);
  const counts = await store.counts(person.tenant);
  const isHere = person.local && person.role === 'admin';
  return {
    version: plane.version,
    place: isHere ? { home: home.folder, pid: process.pid } : null,
    startedAt: plane.startedAt,
    engine: engine.kind,
    troubles: person.role === 'admin' ? engine.troubles() : [],
    store: store.kind,
    model: {
      name: config.model.name,
      api: config.model.api,
      endpoint: withoutCredentials(config.model.baseUrl),
      key: config.apiKey !== null,
    },
    runs: {
      working: counts['working'] ?? 0,
      queued: counts['queued'] ?? 0,
      waiting: counts['waiting'] ?? 0,
      reviewing: counts['reviewing'] ?? 0,
    },
  };
};

const withoutCredentials = (url: string): string => {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
};

export const list = async (plane: ControlPlane, caller: Principal, input: ListInput): Promise<RunPage> => {
  const page = await plane.store.list(asPerson(caller).tenant, input);
  return { ...page, runs: page.runs.map(summary) };
};

export const get = async (plane: ControlPlane, caller: Principal, input: RunInput): Promise<RunState> =>
  runOf(plane, asPerson(caller), input.run);

export const events = async (
  plane: ControlPlane,
  caller: Principal,
  input: EventsInput,
): Promise<readonly RunEvent[]> => {
  await runOf(plane, asPerson(caller), input.run);
  return plane.store.events(input.run, input.after, input.limit);
};

export const printed = async (plane: ControlPlane, caller: Principal, input: RunInput): Promise<string | null> => {
  const state = await runOf(plane, asPerson(caller), input.run);
  return state.status === 'working' ? plane.outputs.of(state.id, state.activation) : null;
};
