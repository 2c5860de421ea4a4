import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../../shared/decision/canonical.ts';
import type { Json } from '../../../../shared/decision/decision.ts';
import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import type { ToolResult } from '../../tools/tool.ts';

/** How a call ended, with what it was. */
export interface Ending extends Partial<Pick<ToolResult, 'exitCode' | 'refusedHosts' | 'reachedHosts'>> {
  readonly tool: string;
  readonly args: Json | null;
  readonly outcome: 'ok' | 'error' | 'denied' | 'rejected' | 'invalid';
  readonly output: string;
  readonly durationMs?: number;
  readonly checkpoint?: Checkpoint | null;
  readonly outputBlob?: string | null;
}

export const finished = (call: string, ending: Ending): Extract<WorkerEvent, { type: 'call.finished' }> => ({
  type: 'call.finished',
  v: 2,
  call,
  outcome: ending.outcome,
  output: ending.output,
  outputBlob: ending.outputBlob ?? null,
  exitCode: ending.exitCode ?? null,
  durationMs: ending.durationMs ?? 0,
  fingerprint: createHash('sha256')
    .update(canonicalJson([ending.tool, ending.args, ending.output]))
    .digest('hex')
    .slice(0, 16),
  checkpoint: ending.checkpoint ?? null,
  refusedHosts: [...(ending.refusedHosts ?? [])],
  reachedHosts: [...(ending.reachedHosts ?? [])],
});
