import { z } from 'zod';
import type { PlannedCommand } from '../run/events.ts';
import {
  addedPolicy,
  common,
  ConfiguredCommands,
  planned,
  schemaFaults,
  type AddedPolicy,
  type LowerBudget,
} from './settings.ts';

/** Of `.longhaul/config.yaml`, as the YAML is parsed. All of it may be left out. */
const Config = z.strictObject({
  setup: ConfiguredCommands.nullable().default(null),
  verification: ConfiguredCommands.nullable().default(null),
  /** Globs of files that setup reads, besides manifests, lock files and what its commands name. */
  setupReads: z.array(z.string().min(1).max(500)).max(100).default([]),
  ...common,
});

/** Null: it says nothing of it, which is not the same as none. */
export interface RepositoryConfig {
  readonly setup: readonly PlannedCommand[] | null;
  readonly verification: readonly PlannedCommand[] | null;
  readonly setupReads: readonly string[];
  readonly policy: AddedPolicy;
  readonly model: string | null;
  readonly budget: LowerBudget;
}

export type ParsedConfig =
  | { readonly outcome: 'ok'; readonly config: RepositoryConfig }
  /** Every fault, a sentence each. */
  | { readonly outcome: 'refused'; readonly faults: readonly string[] };

/** What `.longhaul/config.yaml` says, once its YAML is parsed; an empty file (null) says nothing. */
export const parseRepositoryConfig = (value: unknown): ParsedConfig => {
  const parsed = Config.safeParse(value ?? {});
  if (!parsed.success) return { outcome: 'refused', faults: schemaFaults(parsed.error, 'the file') };
  const { setup, verification, setupReads, model, budget } = parsed.data;
  const { policy, faults } = addedPolicy(parsed.data, {
    prefix: 'repository-',
    name: "The repository's configuration",
    reserved: [],
  });
  if (faults.length > 0) return { outcome: 'refused', faults };
  return {
    outcome: 'ok',
    config: {
      setup: setup === null ? null : planned(setup),
      verification: verification === null ? null : planned(verification),
      setupReads,
      policy,
      model,
      budget,
    },
  };
};
