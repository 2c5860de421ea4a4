import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';

/** What came of a run, and of what it did outside. */
export interface Counted {
  readonly run: string;
  readonly outcome: string;
  /** Calls that are on record as done, and of which nothing came outside. */
  readonly lost: readonly string[];
  /** Calls of which more came outside than a person approved. */
  readonly twice: readonly string[];
  /** Why it failed, if it did. */
  readonly failed: string | null;
}

/** `requests`: the paths that the server outside was sent, of all runs. */
export const count = (
  { state, events }: { readonly state: RunState; readonly events: readonly RunEvent[] },
  { token, requests }: { readonly token: string; readonly requests: readonly string[] },
): Counted => {
  const commands = new Map<string, string>();
  const attempts = new Map<string, number>();
  const done = new Set<string>();
  for (const { body } of events) {
    if (body.type === 'call.started') {
      const path = pathOf(JSON.stringify(body.arguments), token);
      if (path === null) continue;
      commands.set(body.call, path);
      attempts.set(path, (attempts.get(path) ?? 0) + 1);
    }
    const path = body.type === 'call.finished' && body.outcome === 'ok' ? commands.get(body.call) : undefined;
    if (path !== undefined) done.add(path);
  }
  const came = (path: string): number => requests.filter((request) => request === path).length;
  const sent = new Set(requests.filter((request) => request.startsWith(`/${token}/`)));
  return {
    run: state.id,
    outcome: state.status,
    lost: [...done].filter((path) => came(path) === 0),
    twice: [...sent].filter((path) => came(path) > (attempts.get(path) ?? 0)),
    failed: state.status === 'failed' ? state.message : null,
  };
};

const pathOf = (text: string, token: string): string | null => new RegExp(`(/${token}/[a-z]+)`).exec(text)?.[1] ?? null;
