import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../runner/machine/config/config.ts';
import { homeAt } from '../../runner/machine/home/home.ts';
import { serve, type Serving } from '../../runner/control/serve.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { scenarioInput, scenarioRepository, script } from './scenario.ts';
import { startFakeOpenAi, type FakeOpenAi } from '../fakes/openai/index.ts';
import { normalised } from '../harness/normalise.ts';
import { descendants } from '../harness/processes.ts';
import { AppendProxy } from '../harness/proxy.ts';
import { openFolder, projectRoot } from '../harness/rig.ts';
import { delegateUpload } from '../harness/uploads.ts';
import { clientOf, follow, type Client } from '../integration/server-set-up.ts';
import { headOf } from '../../shared/run/state.ts';

const wanderer = path.join(projectRoot, 'test/harness/wandering-worker.ts');

/** A control plane in this process, whose workers are on machines of their own. */
class Fleet implements AsyncDisposable {
  readonly folder: string;
  readonly machines: string;
  readonly proxy: AppendProxy;
  readonly serving: Serving;
  readonly #model: FakeOpenAi;

  private constructor(parts: Pick<Fleet, 'folder' | 'machines' | 'proxy' | 'serving'> & { model: FakeOpenAi }) {
    this.folder = parts.folder;
    this.machines = parts.machines;
    this.proxy = parts.proxy;
    this.serving = parts.serving;
    this.#model = parts.model;
  }

  static async open(count: number): Promise<Fleet> {
    const folder = await openFolder('longhaul-fleet-');
    const machines = await openFolder('longhaul-machines-');
    const model = await startFakeOpenAi({ script });
    const env = {
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: model.apiKey,
      LONGHAUL_MODEL: 'scripted',
      LONGHAUL_WORKERS: '1',
      LONGHAUL_LEASE_SECONDS: '5',
    };
    const loaded = await loadConfig({ flags: {}, env, file: path.join(folder, 'config.yaml') });
    if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join('\n'));
    const proxy = new AppendProxy();
    const serving = await serve({
      home: path.join(folder, 'home'),
      config: loaded.config,
      publicUrl: await proxy.listen(),
      logLevel: 'silent',
      worker: [process.execPath, wanderer, machines, String(count)],
    });
    proxy.target = serving.url;
    return new Fleet({ folder, machines, proxy, serving, model });
  }

  get client(): Client {
    return clientOf(this.serving.url, this.serving.token);
  }

  /** Kills every worker process there is: those that only pass on what an engine says, and the real ones below them. */
  async killWorkers(): Promise<void> {
    for (const pid of await descendants(process.pid)) {
      const command = await commandOf(pid);
      if (command.includes(wanderer) || command.includes('worker-child')) process.kill(pid, 'SIGKILL');
    }
  }

  /** Approves what is asked until the run is in review or over. */
  async drive(run: string): Promise<{ readonly state: RunState; readonly events: readonly RunEvent[] }> {
    const { client } = this;
    using feed = follow(client, { run, after: 0 });
    for (let seen = 0; ;) {
      await feed.until(() => feed.events.length > seen);
      seen = feed.events.length;
      const state = await client.runs.get.query({ run });
      if (['reviewing', 'completed', 'failed'].includes(state.status))
        return { state, events: await client.runs.events.query({ run, limit: 1000 }) };
      if (state.status !== 'waiting') continue;
      for (const { status, request } of openDecisions(state))
        if (status === 'pending')
          await client.decisions.decide.mutate({
            run,
            decision: request.id,
            hash: request.hash,
            verdict: { kind: 'approved' },
          });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.serving.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.#model[Symbol.asyncDispose]();
  }
}

const commandOf = async (pid: number): Promise<string> => {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
};

const without = (events: readonly RunEvent[]): readonly object[] => normalised(events).slice(1);
const countOf = (events: readonly RunEvent[], type: RunEvent['body']['type']): number =>
  events.filter(({ body }) => body.type === type).length;

/** A checkpoint's commit names what is kept beside the tree, which has a name of its own each time. */
const treeOf = ({ tree }: { readonly tree: string }) => ({ tree });

/** What a person gets of it. */
const outcomeOf = async (fleet: Fleet, { state, events }: Awaited<ReturnType<Fleet['drive']>>) => ({
  status: state.status,
  message: state.status === 'failed' ? state.message : '',
  head: headOf(state)?.tree ?? null,
  review: state.status === 'reviewing' ? await fleet.client.runs.diff.query({ run: state.id }) : null,
  events: without(events),
});
const shared = ({ review, ...outcome }: Awaited<ReturnType<typeof outcomeOf>>) => ({
  ...outcome,
  review: review && {
    ...review,
    run: '',
    changes: review.changes && { ...review.changes, head: treeOf(review.changes.head) },
  },
});

describe('a run that moves between three machines, which share nothing but the control plane', () => {
  test('ends as on one machine, moved at a decision, or killed twice around its appends', async () => {
    const repository = await scenarioRepository();
    await using home = await Fleet.open(1);
    const { run: alone } = await delegateUpload(home.serving, repository, scenarioInput);
    const expected = await outcomeOf(home, await home.drive(alone.id));
    expect(expected).toMatchObject({ status: 'reviewing', review: { changes: { files: { length: 5 } } } });

    await using fleet = await Fleet.open(3);
    const { run: moved } = await delegateUpload(fleet.serving, repository, scenarioInput);
    const calm = await fleet.drive(moved.id);
    expect(shared(await outcomeOf(fleet, calm))).toEqual(shared(expected));
    expect(countOf(calm.events, 'workspace.rebuilt')).toBe(1);
    const appends = fleet.proxy.appends;

    let rebuilt = 0;
    for (let append = 2; append <= appends; append += 5) {
      fleet.proxy.appends = 0;
      // The second time it comes back to where it was first.
      const strikes = new Set([append, append + 5]);
      const strike = async (at: number) => {
        if (!strikes.delete(at)) return 'pass' as const;
        await fleet.killWorkers();
        return 'drop' as const;
      };
      const pass = async () => 'pass' as const;
      // Before it is written, the step's work is there and on no record; after, the worker has not heard of it.
      fleet.proxy.rule = append % 2 === 0 ? { before: strike, after: pass } : { before: pass, after: strike };
      const { run } = await delegateUpload(fleet.serving, repository, scenarioInput);
      const crashed = await fleet.drive(run.id);
      expect({ append, ...shared(await outcomeOf(fleet, crashed)) }).toEqual({ append, ...shared(expected) });
      rebuilt += countOf(crashed.events, 'workspace.rebuilt');
    }
    expect(rebuilt).toBeGreaterThan(2 * Math.floor(appends / 5));
    expect((await readdir(fleet.machines)).toSorted()).toEqual(['0', '1', '2', 'activations']);
    // The control plane itself keeps no tree and no checkpoint of it.
    const kept = await readdir(homeAt(path.join(fleet.folder, 'home')).run(moved.id));
    expect(kept).toEqual([]);
  });
});
