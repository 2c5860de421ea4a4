import { setTimeout as pause } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { contract } from '../../../shared/api/worker-api.ts';
import { keyVariable } from '../../machine/config/model-key.ts';
import { checkTask, MachineReport, type CheckInput } from '../protocol.ts';
import { fail, ok, warn, type Check } from '../../machine/check.ts';
import type { Access } from './access.ts';

/** A first start pulls the image. */
const patienceMs = 300_000;
const lookMs = 1_000;

/** Runs the task that only looks around, and judges what it found. Throws what the API throws. */
export const verifyDeployment = async (
  { client }: Access,
  { isolation, api, signal }: CheckInput & { readonly signal: AbortSignal },
): Promise<readonly Check[]> => {
  const { id } = await client.triggerTask(checkTask, {
    payload: { isolation, api } satisfies CheckInput,
    options: {
      payloadType: 'application/json',
      idempotencyKey: randomUUID(),
      ttl: patienceMs / 1000,
      tags: ['longhaul:check'],
    },
  });
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const run = await client.retrieveRun(id);
    // One that expired is not completed, as Trigger.dev has it.
    if (run.isCompleted || run.isCancelled || run.status === 'EXPIRED') {
      const report = MachineReport.safeParse(run.output);
      return report.success
        ? judge(report.data, keyVariable(api))
        : [
            fail(
              'check',
              `the task run ${id} ended ${run.status}: ${run.error?.message ?? 'it returned no report'}`,
              'Its page in Trigger.dev has its log.',
            ),
          ];
    }
    if (performance.now() > deadline) {
      await client.cancelRun(id).catch(() => {});
      const why = run.status === 'PENDING_VERSION' ? 'no version with this task is deployed' : `it is ${run.status}`;
      return [
        fail(
          'check',
          `the task run ${id} did not end within ${patienceMs / 60_000} minutes: ${why}`,
          'See its page in Trigger.dev.',
        ),
      ];
    }
    await pause(lookMs, undefined, { signal });
  }
};

/** Pure. */
const judge = (report: MachineReport, key: string): readonly Check[] => [
  report.contract === contract
    ? ok('version', `the task speaks contract ${contract}, as this runner does`)
    : fail(
        'version',
        `the task speaks contract ${report.contract}, this runner ${contract}`,
        'Deploy from the version of the runner.',
      ),
  ok('node', report.node),
  ...Object.entries(report.programs).map(([name, version]) =>
    version === null
      ? fail(name, 'missing on the machine', 'trigger.config.ts lists what is installed.')
      : ok(name, version),
  ),
  report.sandbox.outcome === 'ok'
    ? ok('sandbox', report.sandbox.reason)
    : fail('sandbox', report.sandbox.reason, `${report.sandbox.remedy} See docs/trigger.md, "Isolation".`),
  report.modelKey
    ? ok('model key', 'the task has one')
    : warn('model key', 'the task has none', `Deploy again with ${key} set, unless the endpoint asks for none.`),
];
