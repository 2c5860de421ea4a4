import { errorMessage } from '../../../shared/trouble.ts';
import { refused, type SandboxRefusal } from '../sandbox.ts';

export interface ProviderOptions {
  readonly run: string;
  /** Which worker of the run asks; another one's machines are ended. */
  readonly worker: string;
  /** What machines are made from; null: the provider's own. */
  readonly image: string | null;
}

/** Labels of our machines: the run, and which of its workers has it. */
const runLabel = 'longhaul-run';
const workerLabel = 'longhaul-worker';
type Owner = Pick<ProviderOptions, 'run' | 'worker'>;

export const labelsOf = ({ run, worker }: Owner): Record<string, string> => ({
  [runLabel]: run,
  [workerLabel]: worker,
});
/** What finds the machines of a run. */
export const labelsOfRun = ({ run }: Owner): Record<string, string> => ({ [runLabel]: run });
/** Whether a machine is that of another worker of the run, which is gone: nobody else ends it before its time is over. */
export const isLeft = (labels: Readonly<Record<string, string>>, { run, worker }: Owner): boolean =>
  labels[runLabel] === run && labels[workerLabel] !== worker;

/** A provider, and its SDK, which is installed where its machines are used. */
export interface Provider<Sdk> {
  readonly name: string;
  readonly keyVariable: string;
  readonly sdk: string;
  readonly load: () => Promise<Sdk>;
}

/** The SDK, where there is a key for it to use. */
export async function sdkWithKey<Sdk extends object>({
  name,
  keyVariable,
  sdk,
  load,
}: Provider<Sdk>): Promise<Sdk | SandboxRefusal> {
  if ((process.env[keyVariable] ?? '') === '')
    return refused(`there is no key of ${name}`, `set ${keyVariable} for the worker`);
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    return refused(
      `${sdk} is not installed, and with this isolation its machines run the commands`,
      `install it beside Longhaul: npm install ${sdk}`,
    );
  }
}

export const refusedBy = (provider: string, error: unknown, remedy: string): SandboxRefusal =>
  refused(`${provider} gives no machine: ${errorMessage(error)}`, remedy);
