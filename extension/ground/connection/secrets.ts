import type { SecretStorage } from 'vscode';

/** Keys and tokens lie in VS Code's own storage for secrets, and nowhere else. */
export interface Secrets {
  modelKey(): Promise<string | undefined>;
  setModelKey(key: string | undefined): Promise<void>;
  /** By address: a token must not be sent to another runner than its own. */
  runnerToken(url: string): Promise<string | undefined>;
  setRunnerToken(url: string, token: string | undefined): Promise<void>;
}

const modelKey = 'longhaul.modelKey';
const tokenKey = (url: string): string => `longhaul.token ${new URL(url).origin}`;

export const secretsIn = (storage: SecretStorage): Secrets => {
  const set = async (name: string, value: string | undefined): Promise<void> =>
    value === undefined ? storage.delete(name) : storage.store(name, value);
  return {
    modelKey: async () => storage.get(modelKey),
    setModelKey: (key) => set(modelKey, key),
    runnerToken: async (url) => storage.get(tokenKey(url)),
    setRunnerToken: (url, token) => set(tokenKey(url), token),
  };
};
