import type { RunnerConfig } from '../../machine/config/config.ts';
import type { Store } from '../store/store.ts';
import { startAnchoring, type AnchoringOptions } from './anchoring.ts';
import { auditConfiguration } from './configuration.ts';

const anchorMs = 60_000;

/** Puts on record that a runner starts with other settings than before, and writes down where the log ends, if it is to. */
export const openAuditing = async ({
  config,
  version,
  ...options
}: Pick<AnchoringOptions, 'role' | 'log' | 'now'> & {
  readonly store: Store;
  readonly config: RunnerConfig;
  readonly version: string;
}): Promise<AsyncDisposable> => {
  await auditConfiguration(options.store, config, version);
  const { anchorFile: file } = config.audit;
  return file === null
    ? { [Symbol.asyncDispose]: async () => {} }
    : startAnchoring({ ...options, file, everyMs: anchorMs });
};
