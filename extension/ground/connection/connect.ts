import { t } from '@vscode/l10n';
import type { TRPCClient } from '@trpc/client';
import * as vscode from 'vscode';
import type { ApiRouter } from '../../../shared/api/router.ts';
import type { Endpoint } from '../../../shared/client/client.ts';
import { homeFolder } from '../../../runner/local/find-runner.ts';
import { ConnectionError } from '../problem/connection-error.ts';
import type { Connection, ConnectionState } from './connection.ts';
import { ripgrepOf, runnerEnvironment } from './environment.ts';
import { newestAttempt } from './newest-attempt.ts';
import { secretsIn } from './secrets.ts';
import { readSettings } from './settings.ts';

interface Connected {
  readonly endpoint: Endpoint;
  readonly api: TRPCClient<ApiRouter>;
}

/** Where the packaged command line lies, and how the settings and secrets say it is to be run; with `modelKey` in the place of the kept one. */
export const packagedRunner = async (extension: vscode.ExtensionContext, modelKey?: string) => {
  const settings = readSettings();
  return {
    home: homeFolder(process.env, settings.home || undefined),
    node: process.execPath,
    cli: vscode.Uri.joinPath(extension.extensionUri, 'dist', 'longhaul.mjs').fsPath,
    env: runnerEnvironment({
      env: process.env,
      settings,
      modelKey: modelKey ?? (await secretsIn(extension.secrets).modelKey()),
      ripgrep: ripgrepOf(vscode.env.appRoot),
    }),
  };
};

/** Connects when it is first asked to, and not before. What it takes to is loaded then, too. */
export const createConnection = (extension: vscode.ExtensionContext, log: vscode.LogOutputChannel): Connection => {
  const changed = new vscode.EventEmitter<ConnectionState>();
  let state: ConnectionState = { status: 'idle' };

  const enter = (next: ConnectionState): void => {
    state = next;
    log.info(next.status === 'offline' ? `offline: ${next.reason}` : next.status);
    changed.fire(next);
  };

  const find = async (): Promise<{ endpoint: Endpoint; local: boolean; runner: string }> => {
    const { url } = readSettings();
    if (url !== '') return { endpoint: await remoteEndpoint(extension, url), local: false, runner: url };
    const { startRunner } = await import('../../../runner/local/start-runner.ts');
    const { home, node, cli, env } = await packagedRunner(extension);
    const diagnosis = { lines: 6, advice: '' };
    const started = await startRunner({ home, command: [node, cli], flags: ['--on-demand'], env, diagnosis });
    if (started.outcome === 'failed') throw new ConnectionError('refused', started.message, started.remedy);
    const { file, token } = started.runner;
    return { endpoint: { url: file.url, token }, local: true, runner: home };
  };

  /** One that was overtaken (another runner was named meanwhile) says nothing of what it found. */
  const attempts = newestAttempt<Connected>(async (isNewest) => {
    // What is tried again in the background stays offline until it is not: nothing flickers meanwhile.
    if (state.status !== 'offline' && state.status !== 'starting') enter({ status: 'starting' });
    try {
      const { endpoint, local, runner } = await find();
      const { clientOf } = await import('../../../shared/client/client.ts');
      const api = clientOf(endpoint);
      // A wrong token or another program's port show here and not in the middle of something.
      const { version } = await api.runner.info.query();
      if (isNewest()) enter({ status: 'connected', url: endpoint.url, local, runner, version });
      return { endpoint, api };
    } catch (error) {
      const { connectionErrorOf } = await import('./trouble.ts');
      const trouble = connectionErrorOf(error);
      if (isNewest()) enter({ status: 'offline', reason: trouble.message, remedy: trouble.remedy });
      throw trouble;
    }
  });

  const reconnect = async (): Promise<void> => {
    attempts.forget();
    enter({ status: 'starting' });
    await attempts.get();
  };

  return {
    get state() {
      return state;
    },
    onDidChangeState: changed.event,
    api: async () => (await attempts.get()).api,
    blob: async (run, hash) => {
      const { endpoint } = await attempts.get();
      const { readBlob } = await import('../../../shared/client/client.ts');
      const content = await readBlob(endpoint, { run, hash });
      if (content === null)
        throw new ConnectionError(
          'refused',
          t('Run {0} has no content {1} (any more).', run, hash),
          t('Retention may have removed it.'),
        );
      return content;
    },
    upload: async (content) => {
      const { endpoint } = await attempts.get();
      const { writeBlob } = await import('../../../shared/client/client.ts');
      return writeBlob(endpoint, content);
    },
    lost: () => attempts.forget(),
    reconnect,
    dispose: () => changed.dispose(),
  };
};

/** Where a runner elsewhere is, with the token that the person gave for it. Throws ConnectionError. */
export const remoteEndpoint = async (extension: vscode.ExtensionContext, url: string): Promise<Endpoint> => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ConnectionError('refused', t('The setting longhaul.url is no web address: {0}', url), t('Correct it.'));
  const token = await secretsIn(extension.secrets).runnerToken(url);
  if (token === undefined)
    throw new ConnectionError(
      'unauthorized',
      t('There is no token for the runner at {0}.', url),
      t('Set it with the command "Longhaul: Set Runner Token".'),
    );
  return { url, token };
};
