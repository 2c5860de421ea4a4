import { daytona } from '../../runner/sandbox/remote/daytona.ts';
import { e2b } from '../../runner/sandbox/remote/e2b.ts';
import type { RemoteProvider } from '../../runner/sandbox/remote/machine.ts';
import type { ProviderOptions } from '../../runner/sandbox/remote/provider.ts';
import { startFakeDaytona } from '../fakes/daytona/server.ts';
import { startFakeE2b } from '../fakes/e2b/server.ts';
import type { FakeMachine } from '../fakes/machine.ts';

/** What the tests need of either fake. */
export interface FakeAccount extends AsyncDisposable {
  readonly apiKey: string;
  readonly sandboxes: ReadonlyMap<string, { readonly machine: FakeMachine; readonly network: readonly unknown[] }>;
  lose(id: string): Promise<void>;
  readonly refused: readonly string[];
}

export interface FakeProvider {
  readonly name: string;
  readonly keyName: string;
  readonly provider: (options: ProviderOptions) => RemoteProvider;
  /** What is asked for before and after a command that may reach two hosts. */
  readonly network: readonly unknown[];
  /** An account, to which the environment of this process points. */
  readonly account: () => Promise<FakeAccount>;
}

export const hosts = ['packages.example.org', '*.example.net'];

export const providers: readonly FakeProvider[] = [
  {
    name: 'E2B',
    keyName: 'E2B_API_KEY',
    provider: e2b,
    network: [
      { allowOut: hosts, denyOut: ['0.0.0.0/0'] },
      { allow_internet_access: false, denyOut: ['0.0.0.0/0'] },
    ],
    account: async () => {
      const account = await startFakeE2b();
      const { apiKey, url } = account;
      Object.assign(process.env, { E2B_API_KEY: apiKey, E2B_API_URL: url, E2B_SANDBOX_URL: url });
      return account;
    },
  },
  {
    name: 'Daytona',
    keyName: 'DAYTONA_API_KEY',
    provider: daytona,
    network: [{ networkBlockAll: false, domainAllowList: hosts.join(',') }, { networkBlockAll: true }],
    account: async () => {
      const account = await startFakeDaytona();
      Object.assign(process.env, { DAYTONA_API_KEY: account.apiKey, DAYTONA_API_URL: account.url });
      return account;
    },
  },
];
