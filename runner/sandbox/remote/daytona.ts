import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Daytona, Sandbox as DaytonaSandbox } from '@daytona/sdk';
import type { SandboxRefusal } from '../sandbox.ts';
import { atMost, type RemoteMachine, type RemoteProvider } from './machine.ts';
import { isLeft, labelsOf, labelsOfRun, refusedBy, sdkWithKey, type ProviderOptions } from './provider.ts';

const load = () => import('@daytona/sdk');
type Sdk = Awaited<ReturnType<typeof load>>;

const provider = { name: 'Daytona', keyVariable: 'DAYTONA_API_KEY', sdk: '@daytona/sdk', load } as const;

/** Looks at a command that runs: soon at first, for most are short. */
const firstLookMs = 50;
const slowestLookMs = 1000;

/** Machines of Daytona. Key and place are the environment's, as its SDK names them: DAYTONA_API_KEY, DAYTONA_API_URL, DAYTONA_TARGET. */
export function daytona(options: ProviderOptions): RemoteProvider {
  let account: Daytona | null = null;
  return {
    name: provider.name,
    start: async (ms) => {
      const sdk = await sdkWithKey(provider);
      if ('outcome' in sdk) return sdk;
      try {
        if (account === null) {
          account = connect(sdk);
          await endOthers(account, options);
        }
        const sandbox = await account.create({
          ...(options.image === null ? {} : { snapshot: options.image }),
          user: 'root',
          labels: labelsOf(options),
          networkBlockAll: true,
          // Minutes without a request; then it is stopped, and with that deleted.
          autoStopInterval: Math.ceil(ms / 60_000),
          ephemeral: true,
        });
        const machine = new DaytonaMachine(sdk, sandbox);
        if (sandbox.networkBlockAll === true) return machine;
        await machine[Symbol.asyncDispose]();
        return refusedBy('Daytona', new Error('its network cannot be cut'), 'ask Daytona for an account that may');
      } catch (error) {
        return refusal(sdk, error);
      }
    },
  };
}

/** Key and place are named, for what is not the SDK would look for in a file `.env` of wherever it runs. */
const connect = (sdk: Sdk): Daytona =>
  new sdk.Daytona({
    apiKey: process.env['DAYTONA_API_KEY'] ?? '',
    apiUrl: process.env['DAYTONA_API_URL'] ?? 'https://app.daytona.io/api',
    ...(process.env['DAYTONA_TARGET'] === undefined ? {} : { target: process.env['DAYTONA_TARGET'] }),
    // Its other way is a connection of its own that stays open.
    useDeprecatedPolling: true,
  });

/** Asks for the account's machines, to see whether the key is good: for `doctor`. Null: it is. */
export async function askDaytona(): Promise<SandboxRefusal | null> {
  const sdk = await sdkWithKey(provider);
  if ('outcome' in sdk) return sdk;
  try {
    await connect(sdk).list({ limit: 1 }).next();
    return null;
  } catch (error) {
    return refusedBy('Daytona', error, 'check DAYTONA_API_KEY, and DAYTONA_API_URL if it is not the public one');
  }
}

async function endOthers(account: Daytona, owner: ProviderOptions): Promise<void> {
  for await (const sandbox of account.list({ labels: labelsOfRun(owner) }))
    if (isLeft(sandbox.labels, owner)) await sandbox.delete();
}

const refusal = (sdk: Sdk, error: unknown): SandboxRefusal => {
  if (error instanceof sdk.DaytonaAuthenticationError || error instanceof sdk.DaytonaForbiddenError)
    return refusedBy('Daytona', error, 'set DAYTONA_API_KEY to a key that may make sandboxes');
  if (error instanceof sdk.DaytonaNotFoundError || error instanceof sdk.DaytonaBadRequestError)
    return refusedBy('Daytona', error, 'set sandbox.image to a snapshot of this account, or leave it out');
  throw error;
};

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

class DaytonaMachine implements RemoteMachine {
  readonly #sdk: Sdk;
  readonly #sandbox: DaytonaSandbox;

  constructor(sdk: Sdk, sandbox: DaytonaSandbox) {
    this.#sdk = sdk;
    this.#sandbox = sandbox;
  }

  async upload(local: string, remote: string): Promise<void> {
    await this.#sandbox.fs.uploadFileStream(createReadStream(local), remote);
  }

  async download(remote: string, local: string, maxBytes: number): Promise<void> {
    const stream = await this.#sandbox.fs.downloadFileStream(remote);
    await pipeline(stream, atMost(maxBytes), createWriteStream(local, { mode: 0o600 }));
  }

  /** In a session, and asked for again and again: one request for all of it would have to stay open for as long as a command takes. */
  async run(words: string): Promise<{ readonly exitCode: number; readonly output: string }> {
    const { process } = this.#sandbox;
    const session = `longhaul-${randomBytes(6).toString('hex')}`;
    await process.createSession(session);
    try {
      const { cmdId } = await process.executeSessionCommand(session, {
        command: `bash -c ${quote(words)}`,
        runAsync: true,
      });
      for (let wait = firstLookMs; ; wait = Math.min(slowestLookMs, wait * 1.5)) {
        const { exitCode } = await process.getSessionCommand(session, cmdId);
        if (exitCode === undefined) await pause(wait);
        else return { exitCode, output: (await process.getSessionCommandLogs(session, cmdId)).output ?? '' };
      }
    } finally {
      await process.deleteSession(session);
    }
  }

  async allow(hosts: readonly string[]): Promise<void> {
    await this.#sandbox.updateNetworkSettings(
      hosts.length === 0 ? { networkBlockAll: true } : { networkBlockAll: false, domainAllowList: hosts.join(',') },
    );
  }

  /** Its time begins anew with every request, and a command is asked for all the while. */
  async keep(): Promise<boolean> {
    try {
      await this.#sandbox.refreshActivity();
      return true;
    } catch (error) {
      if (error instanceof this.#sdk.DaytonaNotFoundError) return false;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sandbox.delete();
  }
}
