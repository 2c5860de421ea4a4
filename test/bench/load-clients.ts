import { connect, type Api } from '../../runner/cli/connection/client.ts';
import { follow } from '../../runner/cli/connection/feed.ts';
import type { Upload } from '../../runner/machine/repository/upload.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { asks, goalOf } from './load-script.ts';
import { timeOf } from './run-times.ts';

/** Follows all runs of a control plane, from its first event on. */
export class Follower implements AsyncDisposable {
  readonly api: Api;
  readonly events: RunEvent[] = [];
  readonly #runs = new Map<string, RunEvent[]>();
  readonly #waiting = new Map<string, () => void>();
  #counting: (() => void) | null = null;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;

  constructor(endpoint: { readonly url: string; readonly token: string }) {
    this.api = connect(endpoint);
    this.#following = this.#follow();
  }

  of(run: string): readonly RunEvent[] {
    return this.#runs.get(run) ?? [];
  }

  /** The first event of a run that is of this type, as soon as it has come; the n-th, from 0, if `nth` says so. */
  async event(run: string, type: RunEvent['body']['type'], nth = 0): Promise<RunEvent> {
    for (;;) {
      const found = this.of(run).filter(({ body }) => body.type === type)[nth];
      if (found !== undefined) return found;
      const over = this.of(run).find(({ body }) => body.type === 'run.failed' || body.type === 'activation.lost');
      if (over !== undefined) throw new Error(`run ${run}: ${JSON.stringify(over.body)}`);
      // Each run has one client, which waits for one thing at a time.
      await new Promise<void>((resolve) => this.#waiting.set(run, resolve));
    }
  }

  /** Resolves when so many events have come in all. */
  async received(count: number): Promise<void> {
    while (this.events.length < count) await new Promise<void>((resolve) => (this.#counting = resolve));
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    for await (const event of follow({ run: null, after: 0, signal, connect: async () => this.api })) {
      this.events.push(event);
      const run = this.#runs.get(event.run);
      if (run === undefined) this.#runs.set(event.run, [event]);
      else run.push(event);
      this.#waiting.get(event.run)?.();
      this.#counting?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}

/** Ms, of each run or of those that asked. */
export interface Times {
  /** A call of a client, until it was answered: the snapshot's upload and the delegation. */
  readonly delegate: number[];
  /** From that call's being sent to the lease of a worker. */
  readonly begin: number[];
  /** From a person's answer's being sent to the lease of a worker, and to the model's being asked again. */
  readonly lease: number[];
  readonly wake: number[];
  /** From delegation to review. */
  readonly whole: number[];
}

export interface Client {
  readonly follower: Follower;
  /** One of its own: what two clients upload at the same time is one upload, and the first delegation takes it. */
  readonly upload: Upload;
  readonly times: Times;
}

/** What one person does: delegates, answers what is asked, accepts. Returns the run. */
export const oneRun = async (
  { follower, upload, times }: Client,
  label: number,
  begun: () => void,
): Promise<string> => {
  const { api } = follower;
  const sent = Date.now();
  const blob = await api.upload(upload.file, () => {});
  const input = { goal: goalOf(label), repository: upload.repository, setup: [], verification: [] };
  const { id } = await api.call.runs.delegate.mutate({ ...input, source: { ...upload.source, blob } });
  times.delegate.push(Date.now() - sent);
  times.begin.push(timeOf(await follower.event(id, 'activation.leased')) - sent);
  begun();
  if (asks(label)) {
    const asked = await follower.event(id, 'decision.requested');
    if (asked.body.type !== 'decision.requested') throw new Error('that was no decision');
    // Parked: only then nobody has the run any more.
    await follower.event(id, 'activation.ended');
    const answered = Date.now();
    const { id: decision, hash } = asked.body.request;
    await api.call.decisions.decide.mutate({
      run: id,
      decision,
      hash,
      verdict: { kind: 'answered', answer: 'the second' },
    });
    times.lease.push(timeOf(await follower.event(id, 'activation.leased', 1)) - answered);
    times.wake.push(timeOf(await follower.event(id, 'model.started', 2)) - answered);
  }
  times.whole.push(timeOf(await follower.event(id, 'round.finished')) - sent);
  await api.call.runs.review.mutate({ run: id, round: 1, verdict: 'accepted' });
  await follower.event(id, 'review.decided');
  return id;
};
