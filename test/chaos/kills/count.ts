import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';

/** What came of a run, of what it did outside, and of what it wrote. */
export interface Counted {
  readonly run: string;
  readonly token: string;
  readonly outcome: string;
  /** What is on record as done, and of which nothing came outside or is in the result. */
  readonly lost: readonly string[];
  /** What came outside more often than it was begun, and what is in the result more often than once or though it was not done. */
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
  const attempts = new Map<string, number>();
  const done = new Set<string>();
  for (const { body } of events) {
    if (body.type === 'call.started') {
      const path = new RegExp(`(/${token}/[a-z]+)`).exec(JSON.stringify(body.arguments))?.[1];
      if (path === undefined) continue;
      paths.set(body.call, path);
      attempts.set(path, (attempts.get(path) ?? 0) + 1);
    }
    const path = body.type === 'call.finished' && body.outcome === 'ok' ? paths.get(body.call) : undefined;
    if (path !== undefined) done.add(path);
  }
  const came = (path: string): number => requests.filter((request) => request === path).length;
  const sent = new Set(requests.filter((request) => request.startsWith(`/${token}/`)));
  return {
    lost: [...done].filter((path) => came(path) === 0),
    twice: [...sent].filter((path) => came(path) > (attempts.get(path) ?? 0)),
  };
};

/** Where commands write words that are shown by no file of git's until `seen.txt` is made of them. */
const hidden = 'ignored/';

/** Each command appends words of its own: as often as they are in the result it was done, and it must be as often as the log says. */
const countInside = (events: readonly RunEvent[], patch: string): Wrong => {
  const words = new Map<string, { readonly file: string; done: boolean }>(
    [
      ['journal.txt', 'orphan'],
      ['seen.txt', 'orphan'],
      ['setup.txt', 'setup'],
      ['seen.txt', 'setup'],
    ].map(([file = '', word = '']) => [`${file}: ${word}`, { file, done: word === 'setup' }]),
  );
  const begun = new Map<string, string>();
  /** Written where git does not look, and not shown since. */
  const waiting = new Set<string>();
  let rebuilt = false;
  for (const { body } of events) {
    if (body.type === 'workspace.rebuilt') rebuilt = true;
    if (body.type === 'call.started') begun.set(body.call, JSON.stringify(body.arguments));
    // A command that did not come to its end was taken back, and has no exit code.
    if (body.type !== 'call.finished') continue;
    const done = body.exitCode !== null;
    const command = begun.get(body.call) ?? '';
    for (const [, word = '', file = ''] of command.matchAll(/echo (\w+) >> ([\w./]+)/g))
      if (word !== 'orphan') {
        const key = file.startsWith(hidden) ? `seen.txt: ${word}` : `${file}: ${word}`;
        words.set(key, { file: key.split(':')[0] ?? '', done: done && !file.startsWith(hidden) });
        if (done && file.startsWith(hidden)) waiting.add(key);
      }
    if (done && command.includes('> seen.txt'))
      for (const key of waiting) words.set(key, { file: 'seen.txt', done: true });
  }
  const there = linesAdded(patch);
  const lost: string[] = [];
  const twice: string[] = [];
  for (const [key, { file, done }] of words) {
    // On another machine, what git does not cover stays behind: docs/how-it-works.md says so.
    if (file === 'seen.txt' && (rebuilt || !there.has('seen.txt'))) continue;
    const times = there.get(file)?.filter((line) => `${file}: ${line}` === key).length ?? 0;
    if (times === 0 && done) lost.push(key);
    if (times > (done ? 1 : 0)) twice.push(key);
  }
  return { lost, twice };
};

/** The lines that a git patch adds, by file. */
const linesAdded = (patch: string): ReadonlyMap<string, readonly string[]> => {
  const added = new Map<string, string[]>();
  for (const part of patch.split(/^diff --git /m).slice(1)) {
    const file = /^\+\+\+ b\/(.+)$/m.exec(part)?.[1];
    if (file === undefined) continue;
    const lines = part.split('\n').filter((line) => line.startsWith('+') && !line.startsWith('+++'));
    added.set(
      file,
      lines.map((line) => line.slice(1)),
    );
  }
  return added;
};
