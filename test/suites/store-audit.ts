import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../runner/control/store/store.ts';
import { AuditRecord, ChainCheck } from '../../shared/audit/record.ts';
import { someTask } from '../fakes/task.ts';
import { ended, someRequest } from './runs.ts';
import type { OpenStore } from './store.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const start = Date.parse('2030-01-01T00:00:00.000Z');
const everything = { after: 0, before: null, limit: 1_000 };

const recordsOf = async (store: Store, tenant: string): Promise<readonly AuditRecord[]> => {
  const { entries, head } = await store.audited(tenant, everything);
  const check = new ChainCheck({ tenant, sha256, anchors: [] });
  for (const { seq, ...entry } of entries) check.add(seq, entry);
  expect(check.end(head).faults).toEqual([]);
  return entries.map(({ text }) => AuditRecord.parse(JSON.parse(text)));
};

/** What every store must keep of what was done of consequence. */
export const auditSuite = (name: string, open: OpenStore): void => {
  describe(`${name}: the audit log`, () => {
    test('has what people did with a run, in the order in which they did, without their words, and keeps it when the run is gone', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const run = 'run_aaaa';
      const { state } = await store.create({ run, task: someTask({ goal: 'Secret goal.' }), dedupeKey: null });
      const activation = state.status === 'queued' ? state.activation : '';
      await store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil: start + 3_600_000 });
      await store.command(run, { kind: 'message', by: 'person:ada', text: 'Secret words.' });
      await store.command(run, { kind: 'cancel', by: 'person:eve', reason: 'Secret reason.' });
      const { tenant } = state.task;
      const before = await recordsOf(store, tenant);
      expect(before.map(({ actor, action }) => [actor, action])).toEqual([
        [state.task.requester, 'run.delegated'],
        ['person:ada', 'message.sent'],
        ['person:eve', 'run.cancelled'],
      ]);
      expect(JSON.stringify(before)).not.toContain('Secret');
      expect(await store.delete(run, 'person:ada')).toEqual({ outcome: 'deleted' });
      const again = await opened.reopen();
      expect((await recordsOf(again, tenant)).slice(0, 3)).toEqual(before);
      expect((await recordsOf(again, tenant)).at(-1)).toMatchObject({
        action: 'run.deleted',
        run,
        actor: 'person:ada',
      });
      expect(await recordsOf(again, 'other')).toEqual([]);
    });

    test('has what was trusted, what begins runs and what did not, each in the chain of its tenant', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const key = { tenant: 'one', repository: '/r', name: 'nightly' };
      await store.trust({ tenant: 'two', repository: '/r', hash: 'a'.repeat(64) }, 'person:bob');
      await store.enableTrigger(key, {
        by: 'ada',
        byOwner: true,
        origin: 'repository',
        publishes: 'draft',
        output: 'diff',
      });
      const firing = {
        event: 'delivery-1',
        at: start,
        about: 'issue 1 by mallory',
        url: null,
        run: null,
        said: 'mallory may not write to it.',
        publish: 'no',
        ciRepairs: 0,
      } as const;
      const handled = { handledAt: start, failures: 0, problem: null, began: null, firing, stop: false };
      // Dealt with twice it is on record once.
      await store.triggerHandled(key, handled);
      await store.triggerHandled(key, handled);
      await store.triggerHandled(key, { ...handled, firing: null, problem: 'Three failed.', stop: true });
      await store.disableTrigger(key, 'ada');
      expect(
        (await recordsOf(store, 'one')).map(({ actor, action, detail }) => [actor, action, detail['why']]),
      ).toEqual([
        ['person:ada', 'trigger.enabled', undefined],
        ['longhaul', 'trigger.refused', 'mallory may not write to it.'],
        ['longhaul', 'trigger.stopped', 'Three failed.'],
        ['person:ada', 'trigger.disabled', undefined],
      ]);
      expect(await recordsOf(store, 'two')).toMatchObject([{ actor: 'person:bob', action: 'settings.trusted' }]);
      expect((await store.auditHeads()).map(({ tenant, seq }) => [tenant, seq])).toEqual([
        ['one', 4],
        ['two', 1],
      ]);
    });

    test('is one chain, however many write to it at once', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const record = { actor: 'person:ada', action: 'audit.exported', run: null, detail: {} };
      await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          index % 3 === 0
            ? store.create({ run: `run_aaa${index}`, task: someTask({ tenant: 'one' }), dedupeKey: null })
            : store.audit('one', record),
        ),
      );
      expect(await recordsOf(store, 'one')).toHaveLength(60);
      const page = await store.audited('one', { after: null, before: 31, limit: 10 });
      expect(page.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, index) => 30 - index));
    });

    test('says of a decision what was decided, how, over which hash, and of a verdict over which result', async () => {
      await using opened = await open({ now: () => start });
      const { store } = opened;
      const run = 'run_bbbb';
      const { state } = await store.create({ run, task: someTask(), dedupeKey: null });
      const activation = state.status === 'queued' ? state.activation : '';
      await store.command(run, { kind: 'lease', activation, worker: 'w' }, { leaseUntil: start + 3_600_000 });
      const expiresAt = new Date(start + 3_600_000).toISOString();
      const request = someRequest({ run, decision: 'dec_0001', kind: 'budget', expiresAt });
      const events = [
        { type: 'decision.requested', v: 3, request } as const,
        ended({ kind: 'decision', decision: request.id }),
      ];
      await store.command(run, { kind: 'append', activation, fence: 1, events }, { batch: 1 });
      const verdict = { kind: 'rejected', reason: 'Secret reason.' } as const;
      await store.command(run, { kind: 'decide', decision: request.id, hash: request.hash, verdict, by: 'person:ada' });
      expect((await recordsOf(store, state.task.tenant)).at(-1)).toMatchObject({
        actor: 'person:ada',
        action: 'decision.made',
        run,
        detail: {
          number: 1,
          decision: request.id,
          hash: request.hash,
          verdict: 'rejected',
          edited: false,
          kind: request.kind,
        },
      });
    });
  });
};
