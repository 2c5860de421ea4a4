import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunState } from '../../shared/run/state.ts';
import type { WorkerSettings } from '../ipc/protocol.ts';
import { redactor } from './agent/redact.ts';
import { costOf } from './models/cost.ts';
import { ModelConfig, openModel } from './models/open.ts';
import { SandboxRefused, type Blobs, type Clock, type Ports, type Sandboxes } from './ports.ts';
import { findRipgrep } from './ripgrep.ts';
import { openBubblewrap } from './sandbox/bubblewrap.ts';
import { openWorkspace } from './workspace/git-workspace.ts';

/** Adapters for one run on this machine: its workspace, its sandbox, the model that its task names. */
export const openPorts = async (
  state: RunState,
  given: { readonly token: string; readonly settings: WorkerSettings; readonly blobs: Blobs },
): Promise<Ports> => {
  const { settings, blobs } = given;
  const owner = userOf(state.number, settings.uidBase);
  const { model, baseUrl, apiKey, pricesOf } = modelOf(state, settings);
  const folder = settings.dataFolder;
  // Beside the runs, so that they share one copy.
  const ripgrep = await ripgrepIn(path.join(path.dirname(folder), '.tools'));
  return {
    blobs,
    model,
    price: (usage) => costOf(usage, model.name, { baseURL: baseUrl, pricesOf: pricesOf ?? undefined })?.usd ?? null,
    workspace: await openWorkspace({ folder, user: owner }),
    sandboxes: sandboxesOf(settings, owner, path.dirname(ripgrep)),
    owner,
    ripgrep,
    redact: redactionOf(given.token, apiKey),
    clock: systemClock,
    random: Math.random,
    newDecisionId: () => `dec_${randomBytes(8).toString('hex')}`,
  };
};

/** As root, each run's commands run as a user of their own; else all run as ours. */
const userOf = (number: number, base: number): Ports['owner'] => {
  if (process.getuid?.() !== 0) return null;
  // Far more than there are runs at once; a number that comes round again belongs to a run that is long over.
  const id = base + (number % 60_000);
  return { uid: id, gid: id };
};

let keyRedaction: { readonly key: string; readonly redact: Ports['redact'] } | null = null;

/**
 * A pattern costs 5 to 20 ms when it is first used, in the way of a run that was just woken. So the key's is kept for the
 * life of this process, and of a token only the signature is taken out: without it the rest opens nothing and is no secret.
 */
const redactionOf = (token: string, apiKey: string | null): Ports['redact'] => {
  const ofToken = redactor([token.slice(token.lastIndexOf('.') + 1)]);
  if (apiKey === null) return ofToken;
  if (keyRedaction?.key !== apiKey) keyRedaction = { key: apiKey, redact: redactor([apiKey]) };
  const { redact } = keyRedaction;
  return (text) => ofToken(redact(text));
};

const modelOf = (state: RunState, { model }: WorkerSettings) => {
  const apiKey = process.env['OPENAI_API_KEY'] ?? null;
  const common = {
    model: state.task.model ?? model.name,
    apiKey,
    baseURL: model.baseUrl,
    idleMs: Math.ceil(model.idleSeconds * 1000),
    ...(model.reasoningEffort === null ? {} : { reasoningEffort: model.reasoningEffort }),
    ...(model.contextWindow === null ? {} : { contextWindow: model.contextWindow }),
    ...(model.pricesOf === null ? {} : { pricesOf: model.pricesOf }),
  };
  const config = ModelConfig.parse(
    model.api === 'chat' ? { api: 'chat', ...common } : { api: 'responses', ...common, background: model.background },
  );
  return { model: openModel(config), baseUrl: model.baseUrl, apiKey, pricesOf: model.pricesOf };
};

const sandboxesOf = (settings: WorkerSettings, user: Ports['owner'], tools: string): Sandboxes => ({
  folder: path.join(settings.dataFolder, 'copies'),
  open: async (tree) => {
    const scratch = path.join(
      settings.dataFolder,
      'scratch',
      path.relative(settings.dataFolder, tree).replaceAll('/', '-'),
    );
    await mkdir(scratch, { recursive: true, mode: 0o711 });
    const opened = await openBubblewrap({
      workspace: tree,
      scratch,
      user,
      limits: settings.sandbox,
      readable: [...settings.readable, tools],
    });
    if ('outcome' in opened) throw new SandboxRefused(opened.reason, opened.remedy);
    return opened;
  },
});

/** The search program, copied to where the sandbox's user can reach it: where npm put it, that user may not enter. */
const ripgrepIn = async (folder: string): Promise<string> => {
  const copy = path.join(folder, 'rg');
  const present = await stat(copy).catch(() => null);
  if (present !== null) return copy;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const draft = `${copy}.${randomBytes(4).toString('hex')}`;
  await copyFile(await findRipgrep(process.env), draft);
  await rename(draft, copy);
  return copy;
};

const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await pause(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
};
