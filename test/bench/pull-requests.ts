import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cpuUsage } from 'node:process';
import { sign } from '@octokit/webhooks-methods';
import { pino } from 'pino';
import { startFollowing } from '../../runner/control/effects/following.ts';
import { openRemotes } from '../../runner/control/remotes/remotes.ts';
import { onlyOne } from '../../runner/control/store/role.ts';
import { openSqliteStore } from '../../runner/control/store/sqlite/sqlite-store.ts';
import { openArrivals } from '../../runner/control/triggers/arrivals.ts';
import { RemoteConfig } from '../../runner/machine/config/remote-config.ts';
import { inReview, pullRequestOf } from '../suites/store-effects.ts';
import type { Bench } from './rows.ts';
import { inMs, p50 } from './statistics.ts';

const open = 100;
/** Of each pull request in the hour. */
const deliveriesOfEach = 12;
const betweenMs = 3_600_000 / deliveriesOfEach;
const secret = 'the secret of a bench';
const url = 'https://github.com/acme/shop';

/** An hour of what GitHub tells of a hundred open pull requests of one repository: what the control plane's own part of that takes, on a clock that is set forward. */
export const pullRequests: Bench = {
  name: 'pull requests',
  run: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-bench-pull-requests-'));
    let time = Date.parse('2026-05-01T00:00:00Z');
    const store = await openSqliteStore({ folder, now: () => time });
    for (let number = 1; number <= open; number += 1) {
      await inReview(store, `run_bench${number}`);
      await pullRequestOf(store, `run_bench${number}`, { remote: url, reference: String(number) });
    }
    let looks = 0;
    let recorded = 0;
    let expected = open;
    let all = Promise.withResolvers<void>();
    const following = startFollowing({
      store: {
        ...store,
        command: async (...given) => {
          const written = await store.command(...given);
          recorded += 1;
          if (recorded === expected) setImmediate(all.resolve);
          return written;
        },
      },
      role: onlyOne,
      everyMs: 60_000,
      now: () => time,
      log: pino({ level: 'silent' }),
      // GitHub's part takes no time here; each look finds something that is otherwise.
      look: async () => {
        looks += 1;
        const checks = { passed: looks, failed: 0, pending: 0, failing: [] };
        const seen = {
          state: 'open',
          by: null,
          head: 'f'.repeat(40),
          checks,
          approvedBy: [],
          changesRequestedBy: [],
          conflictsWith: null,
        } as const;
        return {
          outcome: 'seen',
          seen: { ...seen, approvedBy: [], changesRequestedBy: [] },
          request: null,
          conflict: null,
          failure: null,
        };
      },
    });
    const arrivals = openArrivals({
      remotes: openRemotes(
        [RemoteConfig.parse({ match: `${url}*`, github: { tokenVariable: 'T', webhookSecretVariable: 'S' } })],
        { T: 't', S: secret },
      ),
      webhooks: new Map(),
      store,
      onKept: () => {},
      onNews: (news) => following.ring(news),
      now: () => time,
    });
    await all.promise;
    const times: number[] = [];
    const before = cpuUsage();
    for (let step = 1; step <= deliveriesOfEach; step += 1) {
      time += betweenMs;
      expected += open;
      all = Promise.withResolvers();
      for (let number = 1; number <= open; number += 1) {
        const body = JSON.stringify({
          action: 'completed',
          check_run: { id: step, pull_requests: [{ number }] },
          repository: { html_url: url, full_name: 'acme/shop' },
          sender: { login: 'ci', type: 'Bot' },
        });
        const headers = {
          'x-github-event': 'check_run',
          'x-github-delivery': `delivery-${step}-${number}`,
          'x-hub-signature-256': await sign(secret, body),
        };
        const began = performance.now();
        const answer = await arrivals?.github({ headers, body: Buffer.from(body) });
        times.push(performance.now() - began);
        if (answer?.status !== 202) throw new Error(`a delivery was answered with ${answer?.status}: ${answer?.said}`);
      }
      await following.passNow();
      await all.promise;
    }
    const { user, system } = cpuUsage(before);
    await following[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    const sorted = times.toSorted((a, b) => a - b);
    return [
      {
        what: 'an hour of what GitHub tells of 100 open pull requests: CPU of the control plane',
        value: (user + system) / 1000,
        unit: 'ms',
        target: { at: 'below', value: 36_000 },
        note: `1 % of a core; ${times.length} deliveries, a look for each (${looks - open}); a delivery taken in, the slowest but one in a hundred: ${inMs(sorted[Math.floor(sorted.length * 0.99)] ?? 0)}, p50 ${inMs(p50(times))}`,
      },
    ];
  },
};
