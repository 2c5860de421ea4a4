import type { components } from 'e2b';
import { z } from 'zod';

/** Bodies of E2B's API as its SDK may send them. `satisfies` ties each to the SDK's own type: a field that is renamed there does not compile here. */
type Schemas = components['schemas'];

export const NewSandbox = z.strictObject({
  templateID: z.string().min(1),
  metadata: z.record(z.string(), z.string()),
  /** Seconds. */
  timeout: z.int().positive().max(3600),
  allow_internet_access: z.literal(false),
  autoPause: z.literal(false),
}) satisfies z.ZodType<Schemas['NewSandboxV2']>;

export const Timeout = z.strictObject({ timeout: z.int().positive().max(3600) });

export const NetworkUpdate = z.strictObject({
  allow_internet_access: z.boolean().exactOptional(),
  allowOut: z.array(z.string().regex(/^(\*\.)?[a-z0-9.-]+$/)).exactOptional(),
  denyOut: z.array(z.literal('0.0.0.0/0')).length(1),
}) satisfies z.ZodType<Schemas['SandboxNetworkUpdateConfig']>;

export const created = (sandboxID: string, templateID: string, envdAccessToken: string): Schemas['Sandbox'] => ({
  sandboxID,
  templateID,
  clientID: 'fake',
  envdVersion: '0.6.4',
  envdAccessToken,
});

export const listed = (sandboxID: string, body: z.infer<typeof NewSandbox>): Schemas['ListedSandbox'] => ({
  sandboxID,
  templateID: body.templateID,
  clientID: 'fake',
  cpuCount: 2,
  memoryMB: 512,
  diskSizeMB: 1024,
  envdVersion: '0.6.4',
  state: 'running',
  metadata: body.metadata,
  startedAt: new Date(0).toISOString(),
  endAt: new Date(3_600_000).toISOString(),
});

export const complaint = (code: number, message: string): Schemas['Error'] => ({ code, message });
