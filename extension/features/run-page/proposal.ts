import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import { fold } from '../../../shared/run/reduce.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { fileArguments, proposedText } from '../../ground/decision/file-arguments.ts';
import type { FileThere } from '../../ground/repository/repository.ts';
import { readLog } from '../../ground/runs/read-log.ts';
import { fileThere } from './there.ts';

/** A file that a person is asked about, as documents. `before` null: there is nothing to compare it with. */
export interface Proposal {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
}

/**
 * Null: it is not about a file.
 * @internal
 */
export const proposalOf = (
  request: Pick<DecisionRequest, 'kind' | 'tool' | 'arguments'>,
  there: FileThere,
): Proposal | null => {
  const asked = fileArguments(request);
  if (asked === null) return null;
  if (asked.kind === 'patch') return { path: 'patch.diff', before: null, after: asked.patch };
  const { path } = asked;
  const before = there.kind === 'text' ? there.text : null;
  const after = proposedText(asked, before);
  if (after !== null) return { path, before, after };
  return asked.kind === 'edit' ? { path, before: asked.old, after: asked.new } : null;
};

/** What is there for a question; `other` where it is about no file. Throws as the connection does. */
export const thereFor = async (
  connection: Connection,
  state: RunState,
  request: DecisionRequest,
): Promise<FileThere> => {
  const asked = fileArguments(request);
  if (asked === null || asked.kind === 'patch') return { kind: 'other' };
  return fileThere(connection, state, { tree: request.tree, path: asked.path });
};

/** Throws as the connection does. Null: the question is not in the log, or is not about a file. */
export const readProposal = async (
  connection: Connection,
  { run, decision }: { readonly run: string; readonly decision: string },
): Promise<Proposal | null> => {
  const log = await readLog(connection, run);
  const state = fold(log);
  const request = log
    .flatMap(({ body }) => (body.type === 'decision.requested' ? [body.request] : []))
    .find(({ id }) => id === decision);
  if (state === undefined || request === undefined) return null;
  return proposalOf(request, await thereFor(connection, state, request));
};
