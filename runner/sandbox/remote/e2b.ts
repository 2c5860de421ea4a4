import { openAsBlob, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CommandExitError, Sandbox as E2bSandbox } from 'e2b';
import type { SandboxRefusal } from '../sandbox.ts';
import { atMost, type RemoteMachine, type RemoteProvider } from './machine.ts';
import { isLeft, labelsOf, labelsOfRun, refusedBy, sdkWithKey, type ProviderOptions } from './provider.ts';

const load = () => import('e2b');
type Sdk = Awaited<ReturnType<typeof load>>;

const provider = { name: 'E2B', keyVariable: 'E2B_API_KEY', sdk: 'e2b', load } as const;

/** A tree of gigabytes takes minutes. */
const transferMs = 30 * 60_000;
/** What an account of E2B's smallest plan may ask for. */
const longestMs = 60 * 60_000;

/** Machines of E2B. The key is the environment's, as its SDK reads it: E2B_API_KEY. */
export function e2b(options: ProviderOptions): RemoteProvider {
  let first = true;
  return {
    name: provider.name,
    start: async (ms) => {
      const sdk = await sdkWithKey(provider);
      if ('outcome' in sdk) return sdk;
      try {
        if (first) await endOthers(sdk, options);
        first = false;
        const sandbox = await sdk.Sandbox.create(options.image ?? 'base', {
          metadata: labelsOf(options),
          timeoutMs: Math.min(ms, longestMs),
          lifecycle: { onTimeout: 'kill' },
          allowInternetAccess: false,
          retries: 0,
        });
        return new E2bMachine(sdk, sandbox);
      } catch (error) {
        return refusal(sdk, error);
      }
    },
  };
}

/** Asks for the account's machines, to see whether the key is good: for `doctor`. Null: it is. */
export async function askE2b(): Promise<SandboxRefusal | null> {
  const sdk = await sdkWithKey(provider);
  if ('outcome' in sdk) return sdk;
  try {
    await sdk.Sandbox.list({ limit: 1, retries: 0 }).nextItems();
    return null;
  } catch (error) {
    return refusedBy('E2B', error, 'check E2B_API_KEY, and E2B_DOMAIN if it is not the public one');
  }
}

async function endOthers({ Sandbox }: Sdk, owner: ProviderOptions): Promise<void> {
  const pages = Sandbox.list({ query: { metadata: labelsOfRun(owner) } });
  while (pages.hasNext) {
    for (const { sandboxId, metadata } of await pages.nextItems())
      if (isLeft(metadata, owner)) await Sandbox.kill(sandboxId);
  }
}

const refusal = (sdk: Sdk, error: unknown): SandboxRefusal => {
  if (error instanceof sdk.AuthenticationError)
    return refusedBy('E2B', error, 'set E2B_API_KEY to a key that is valid');
  const status = error instanceof sdk.SandboxError && 'statusCode' in error ? error.statusCode : null;
  if (error instanceof sdk.TemplateError || status === 400 || status === 403 || status === 404)
    return refusedBy('E2B', error, 'set sandbox.image to a template of this account, or leave it out');
  throw error;
};

class E2bMachine implements RemoteMachine {
  readonly #sdk: Sdk;
  readonly #sandbox: E2bSandbox;

  constructor(sdk: Sdk, sandbox: E2bSandbox) {
    this.#sdk = sdk;
    this.#sandbox = sandbox;
  }

  async upload(local: string, remote: string): Promise<void> {
    const blob = await openAsBlob(local);
    await this.#sandbox.files.write(remote, blob, {
      user: 'root',
      useOctetStream: true,
      requestTimeoutMs: transferMs,
    });
  }

  async download(remote: string, local: string, maxBytes: number): Promise<void> {
    const stream = await this.#sandbox.files.read(remote, { format: 'stream', user: 'root' });
    // safe: the stream of a web response is one that Node can read; the two types differ in what TypeScript knows of them
    const readable = Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(readable, atMost(maxBytes), createWriteStream(local, { mode: 0o600 }));
  }

  async run(words: string): Promise<{ readonly exitCode: number; readonly output: string }> {
    try {
      const { exitCode, stdout, stderr } = await this.#sandbox.commands.run(words, { user: 'root', timeoutMs: 0 });
      return { exitCode, output: stdout + stderr };
    } catch (error) {
      if (!(error instanceof this.#sdk.CommandExitError)) throw error;
      const { exitCode, stdout, stderr }: CommandExitError = error;
      return { exitCode, output: stdout + stderr };
    }
  }

  async allow(hosts: readonly string[]): Promise<void> {
    // Names hold for HTTP and TLS alone; what is not named is denied with everything else.
    const deny = { denyOut: [this.#sdk.ALL_TRAFFIC] };
    await this.#sandbox.updateNetwork(
      hosts.length === 0 ? { ...deny, allowInternetAccess: false } : { ...deny, allowOut: [...hosts] },
    );
  }

  async keep(ms: number): Promise<boolean> {
    try {
      await this.#sandbox.setTimeout(Math.min(ms, longestMs));
      return true;
    } catch (error) {
      if (error instanceof this.#sdk.NotFoundError) return false;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sandbox.kill();
  }
}
