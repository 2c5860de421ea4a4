import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';

/** What came of a run, of what it did outside, and of what it wrote. */
export interface Counted {
  readonly run: string;
  readonly token: string;
  readonly outcome: string;
  /** What is on record as done, and of which nothing came outside or is in the result. */
  readonly lost: readonly string[];
  /** What came outside more often than a person approved it or it was begun, and what is in the result more often than once or though it was not done. */
  readonly twice: readonly string[];
  /** Why it failed, if it did. */
  readonly failed: string | null;
}

interface Ended {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  /** A git patch of all that the run changed; null: it brought no result. */
  readonly patch: string | null;
}

/** `requests`: the paths that the server outside was sent, of all runs. */
export const count = (
  ended: Ended,
  { token, requests }: { readonly token: string; readonly requests: readonly string[] },
): Counted => {
  const { state, events, patch } = ended;
  const outside = countOutside(events, { token, requests });
  const inside = patch === null ? { lost: [], twice: [] } : countInside(events, patch);
  return {
    run: state.id,
    token,
    outcome: state.status,
    lost: [...outside.lost, ...inside.lost],
    twice: [...outside.twice, ...inside.twice],
    failed: state.status === 'failed' ? state.message : null,
  };
};

interface Wrong {
  readonly lost: readonly string[];
  readonly twice: readonly string[];
}

const countOutside = (
  events: readonly RunEvent[],
  { token, requests }: { readonly token: string; readonly requests: readonly string[] },
): Wrong => {
  const paths = new Map<string, string>();
  const asked = new Map<string, string>();
  const approvals = new Map<string, number>();
  const attempts = new Map<string, number>();
  const done = new Set<string>();
  const add = (to: Map<string, number>, key: string): void => void to.set(key, (to.get(key) ?? 0) + 1);
  for (const { body } of events) {
    if (body.type === 'decision.requested' && body.request.requester.call !== null)
      asked.set(body.request.id, body.request.requester.call);
    if (body.type === 'decision.made' && body.verdict.kind === 'approved') {
      const call = asked.get(body.decision);
      if (call !== undefined) add(approvals, call);
    }
    if (body.type === 'call.started') {
      const path = new RegExp(`(/${token}/[a-z]+)`).exec(JSON.stringify(body.arguments))?.[1];
      if (path === undefined) continue;
      paths.set(body.call, path);
      add(attempts, path);
    }
    const path = body.type === 'call.finished' && body.outcome === 'ok' ? paths.get(body.call) : undefined;
    if (path !== undefined) done.add(path);
  }
  const came = (path: string): number => requests.filter((request) => request === path).length;
  const approved = (path: string): number =>
    [...paths].reduce((sum, [call, sends]) => sum + (sends === path ? (approvals.get(call) ?? 0) : 0), 0);
  const sent = new Set(requests.filter((request) => request.startsWith(`/${token}/`)));
  return {
    lost: [...done].filter((path) => came(path) === 0),
    twice: [...sent].filter((path) => came(path) > Math.min(attempts.get(path) ?? 0, approved(path))),
  };
};

/** Each command appends words of its own: they must be in the result as often as the log says that it was done. */
const countInside = (events: readonly RunEvent[], patch: string): Wrong => {
  const there = linesAdded(patch);
  const lost: string[] = [];
  const twice: string[] = [];
  for (const [line, done] of linesDone(events)) {
    const times = there.filter((each) => each === line).length;
    if (times === 0 && done) lost.push(line);
    if (times > (done ? 1 : 0)) twice.push(line);
  }
  return { lost, twice };
};

/** Where commands write what no file of git's shows until `shown` is made of it. */
const hidden = 'ignored/';
const shown = 'seen.txt';
const lineOf = (file: string, word: string): string => `${file.startsWith(hidden) ? shown : file}: ${word}`;

/** Every line that there may be, as `journal.txt: first`, and whether it is to be in the result. */
const linesDone = (events: readonly RunEvent[]): ReadonlyMap<string, boolean> => {
  // A child that its command left behind has no time to write.
  const lines = new Map([lineOf('journal.txt', 'orphan'), lineOf(hidden, 'orphan')].map((line) => [line, false]));
  const commands = new Map<string, string>();
  /** Of these, what was written so far. */
  const unseen = new Set<string>();
  let complete = true;
  for (const { body } of events) {
    // On another machine, what git does not cover stays behind: docs/how-it-works.md says so.
    if (body.type === 'workspace.rebuilt') complete = false;
    if (body.type === 'call.started') commands.set(body.call, JSON.stringify(body.arguments));
    if (body.type === 'setup.finished') {
      // One that ended its worker twice counts as failed, and was taken back; without it there is no place to hide anything.
      const done = body.exitCode === 0;
      complete &&= done;
      lines.set(lineOf('setup.txt', 'setup'), done);
      unseen.add(lineOf(hidden, 'setup'));
    }
    if (body.type !== 'call.finished') continue;
    // A command that did not come to its end was taken back, and has no exit code.
    const done = body.exitCode !== null;
    const command = commands.get(body.call) ?? '';
    for (const [, word = '', file = ''] of command.matchAll(/echo (\w+) >> ([\w./]+)/g)) {
      if (word === 'orphan') continue;
      lines.set(lineOf(file, word), done && !file.startsWith(hidden));
      if (done && file.startsWith(hidden)) unseen.add(lineOf(file, word));
    }
    if (done && command.includes(`> ${shown}`)) for (const line of unseen) lines.set(line, true);
  }
  return complete ? lines : new Map([...lines].filter(([line]) => !line.startsWith(shown)));
};

/** The lines that a git patch adds, each as `journal.txt: first`. */
const linesAdded = (patch: string): readonly string[] =>
  patch.split(/^diff --git /m).flatMap((part) => {
    const file = /^\+\+\+ b\/(.+)$/m.exec(part)?.[1];
    if (file === undefined) return [];
    const added = part.split('\n').filter((line) => line.startsWith('+') && !line.startsWith('+++'));
    return added.map((line) => `${file}: ${line.slice(1)}`);
  });
