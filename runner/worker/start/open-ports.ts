import type { CredentialOf } from '../../../shared/api/worker-api.ts';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunState } from '../../../shared/run/state.ts';
import { keyVariable } from '../../machine/config/model-key.ts';
import type { WorkerSettings } from '../../machine/processes/child-protocol.ts';
import type { ControlClient } from '../plane/client.ts';
import { redactor } from '../agent/redact.ts';
import { costOf } from '../models/cost.ts';
import { openModel } from '../models/open.ts';
import { imagesOf } from '../run/images.ts';
import type { Clock, Ports, Visits } from '../run/ports/ports.ts';
import { userOf } from './owner.ts';
import { ripgrepInside, sandboxesOf } from './sandboxes.ts';
import { placeRipgrep } from './place-ripgrep.ts';
import { toldOf } from './live-sandboxes.ts';
import { findRipgrep } from './ripgrep.ts';
import { openWorkspace } from '../workspace/git-workspace.ts';
import { SourceRefused, type Origin } from '../workspace/workspace.ts';

/** Adapters for one run on this machine: its workspace, its sandbox, the model that its task names. */
export const openPorts = async (
  state: RunState,
  given: {
    readonly token: string;
    readonly settings: WorkerSettings;
    /** Of the machine, besides the model's key and the token. */
    readonly secrets?: readonly string[];
    /** Ends what works in the tree and fetches for it, when the activation does. */
    readonly signal: AbortSignal;
  } & Pick<ControlClient, 'blobs' | 'credential' | 'printed'>,
): Promise<Ports> => {
  const { settings, blobs } = given;
  const owner = userOf(state.number, settings.uidBase);
  const { baseUrl: baseURL, api, name, pricesOf } = settings.model;
  const apiKey = process.env[keyVariable(api)] ?? null;
  const model = openModel(settings.model, { model: state.task.model ?? name, apiKey });
  const folder = settings.dataFolder;
  await mkdir(folder, { recursive: true, mode: owner === null ? 0o700 : 0o711 });
  const secrets = secretsOf([given.token, ...(given.secrets ?? [])], apiKey);
  // Beside the runs, so that they share one copy.
  const ripgrep = await placeRipgrep(await findRipgrep(process.env), path.join(path.dirname(folder), '.tools'));
  return {
    blobs,
    model,
    images: imagesOf(state.task.images, { blobs, folder }),
    price: (usage) => costOf(usage, model.name, { baseURL, pricesOf: pricesOf ?? undefined }),
    workspace: await openWorkspace({
      folder,
      lease: state.fence,
      user: owner,
      maxTreeBytes: settings.sandbox.workspaceBytes,
      signal: given.signal,
      origin: { blob: (hash, file) => blobs.get(hash, file), credential: (of) => credentialFrom(given, secrets, of) },
    }),
    keep: settings.keep,
    visits: visitsIn(folder),
    sandboxes: toldOf(sandboxesOf(settings, { run: state.id, owner, ripgrep }), {
      tell: given.printed,
      redact: secrets.redact,
    }),
    owner,
    ripgrep: ripgrepInside(settings, ripgrep),
    redact: secrets.redact,
    clock: systemClock,
    random: Math.random,
    newDecisionId: () => `dec_${randomBytes(8).toString('hex')}`,
  };
};

/** What is taken out of all that leaves the worker: what it began with, and what it was given to reach a remote. */
interface Secrets {
  readonly redact: Ports['redact'];
  add(secret: string): void;
}

const secretsOf = (known: readonly string[], apiKey: string | null): Secrets => {
  let redact = redactionOf(known, apiKey);
  return {
    redact: (text) => redact(text),
    add: (secret) => {
      const before = redact;
      const more = redactor([secret]);
      redact = (text) => more(before(text));
    },
  };
};

const credentialFrom = async (
  { credential }: Pick<ControlClient, 'credential'>,
  secrets: Secrets,
  of: CredentialOf,
): ReturnType<Origin['credential']> => {
  const given = await credential(of);
  if (given.outcome === 'refused') throw new SourceRefused(given.refusal.message, given.refusal.remedy);
  if (given.credential !== null) secrets.add(given.credential.password);
  return given.credential;
};

const visitsIn = (folder: string): Visits => {
  const file = path.join(folder, 'visited');
  return {
    last: async () => {
      const text = await readFile(file, 'utf8').catch(() => '');
      return /^\d+$/.test(text) ? Number(text) : null;
    },
    record: async (fence) => {
      await writeFile(`${file}.draft`, String(fence), { mode: 0o600 });
      await rename(`${file}.draft`, file);
    },
  };
};

/** Of who runs commands, where that is not this machine. */
const providerKeys = ['E2B_API_KEY', 'DAYTONA_API_KEY'];

let keyRedaction: { readonly keys: string; readonly redact: Ports['redact'] } | null = null;

/**
 * A pattern costs 5 to 20 ms when it is first used, in the way of a run that was just woken. So the key's is kept for the
 * life of this process, and of a token only the signature is taken out: without it the rest opens nothing and is no secret.
 */
const redactionOf = (secrets: readonly string[], apiKey: string | null): Ports['redact'] => {
  const ofToken = redactor(secrets.map((secret) => secret.slice(secret.lastIndexOf('.') + 1)));
  const keys = [apiKey, ...providerKeys.map((name) => process.env[name])].flatMap((key) => key || []);
  if (keys.length === 0) return ofToken;
  const all = keys.join('\n');
  if (keyRedaction?.keys !== all) keyRedaction = { keys: all, redact: redactor(keys) };
  const { redact } = keyRedaction;
  return (text) => ofToken(redact(text));
};

const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await pause(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
};
