import type { WorkerSettings } from '../../machine/processes/child-protocol.ts';

/** What the log says of who worked on a run: the process, and what kept its commands in where that is not the usual. */
export const workerName = (process: string, { isolation }: Pick<WorkerSettings, 'isolation'>): string => {
  const { kind, containerNetwork } = isolation;
  if (kind === 'namespaces') return process;
  const network = kind === 'container' && containerNetwork !== null ? `, network said to be ${containerNetwork}` : '';
  return `${process} (isolation ${kind}${network})`;
};
