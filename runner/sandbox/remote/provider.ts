import type { SandboxRefusal } from '../sandbox.ts';

export interface ProviderOptions {
  readonly run: string;
  /** Which worker of the run asks; another one's machines are ended. */
  readonly worker: string;
  /** What machines are made from; null: the provider's own. */
  readonly image: string | null;
}

/** A provider's SDK, which is installed where its machines are used. */
export async function importSdk<Sdk extends object>(
  name: string,
  load: () => Promise<Sdk>,
): Promise<Sdk | SandboxRefusal> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    return {
      outcome: 'refused',
      reason: `${name} is not installed, and with this isolation its machines run the commands`,
      remedy: `install it beside Longhaul: npm install ${name}`,
    };
  }
}

export const refusedBy = (provider: string, error: unknown, remedy: string): SandboxRefusal => ({
  outcome: 'refused',
  reason: `${provider} gives no machine: ${error instanceof Error ? error.message : String(error)}`,
  remedy,
});
