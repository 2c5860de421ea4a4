import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { projectRoot } from '../harness/rig.ts';
import { installedIn } from './packed.ts';

/** Where CI keeps what a person looks at: screenshots, and the workbench's log. */
export const output = path.join(projectRoot, 'out', 'editor');

/** The windows that are open in this process. */
export const windows = new Set<Page>();

/** The workbench's program. */
const codeServer = path.join(import.meta.dirname, 'node_modules', 'code-server', 'out', 'node', 'entry.js');

/** What keeps the workbench quiet and the tests steady; nothing here is about Longhaul. */
const settings = {
  'workbench.quickOpen.closeOnFocusLost': false,
  'workbench.reduceMotion': 'on',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.tips.enabled': false,
  'remote.autoForwardPorts': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'git.openRepositoryInParentFolders': 'never',
  'window.commandCenter': false,
  // Else the first review asks for it.
  'diffEditor.codeLens': true,
};

/** A window that has not been told to trust its folder, and does not ask. */
const restricted = { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' };

export interface WorkbenchOptions {
  /** For the profile, the extensions and the log; made, never removed. */
  readonly folder: string;
  /** The packed extension to install. */
  readonly vsix: string;
  /** Extensions beside it, packed. */
  readonly beside?: readonly string[];
  /** On top of a bare environment: what the extension host sees. */
  readonly env: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Lets tests run inside of the extension host. Notifications are not shown then. */
  readonly inHost?: boolean;
  /** Opens its folders in Restricted Mode. */
  readonly restricted?: boolean;
  /** Left out: a free one. */
  readonly port?: number;
  /** What windows are shown in, as far as there are texts in it; VS Code's own stay English. */
  readonly language?: string;
}

/**
 * A real VS Code workbench on loopback: code-server, with an extension installed from its package, on a profile of its
 * own. The server can be stopped and started again; whatever the extension started outside of it lives on.
 */
export class Workbench implements AsyncDisposable {
  readonly options: WorkbenchOptions;
  url = '';
  /** The same at each start: what a window stores belongs to its address. */
  #port: number;
  #server: ChildProcess | null = null;
  #browser: BrowserContext | null = null;

  private constructor(options: WorkbenchOptions) {
    this.options = options;
    this.#port = options.port ?? 0;
  }

  static async start(options: WorkbenchOptions): Promise<Workbench> {
    const workbench = new Workbench(options);
    await mkdir(path.join(options.folder, 'data', 'User'), { recursive: true });
    await mkdir(path.join(options.folder, 'user'), { recursive: true });
    await writeFile(
      path.join(options.folder, 'data', 'User', 'settings.json'),
      JSON.stringify({ ...settings, ...(options.restricted === true ? restricted : {}), ...options.settings }, null, 2),
    );
    const packages = [options.vsix, ...(options.beside ?? [])];
    const install = packages.flatMap((vsix) => ['--install-extension', vsix]);
    const installed = spawnSync(process.execPath, [...workbench.#words, ...install], {
      env: workbench.#env,
      encoding: 'utf8',
    });
    if (installed.status !== 0) throw new Error(`${packages.join(', ')} cannot be installed:\n${installed.stderr}`);
    await workbench.startServer();
    return workbench;
  }

  /** Sets what belongs to the machine, such as the address of a runner: windows take it up by themselves. */
  async setOfMachine(settings: Readonly<Record<string, unknown>>): Promise<void> {
    const folder = path.join(this.options.folder, 'data', 'Machine');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'settings.json'), JSON.stringify(settings));
  }

  get #words(): string[] {
    const { folder } = this.options;
    return [
      codeServer,
      '--user-data-dir',
      path.join(folder, 'data'),
      '--extensions-dir',
      path.join(folder, 'extensions'),
    ];
  }

  get #env(): NodeJS.ProcessEnv {
    const { folder, env } = this.options;
    return {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: path.join(folder, 'user'),
      EXTENSIONS_GALLERY: '{"serviceUrl":""}',
      ...env,
    };
  }

  /** The folder that the extension with this id was unpacked to. */
  installed(id: string): Promise<string> {
    return installedIn(path.join(this.options.folder, 'extensions'), id);
  }

  /** Resolves when it serves. */
  async startServer(): Promise<void> {
    const { folder, inHost = false } = this.options;
    const flags = [
      '--bind-addr',
      `127.0.0.1:${this.#port}`,
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
    ];
    const trust = this.options.restricted === true ? [] : ['--disable-workspace-trust'];
    const quiet = [...trust, '--disable-getting-started-override', '--ignore-last-opened'];
    // A window that is gone is gone at once.
    const grace = ['--reconnection-grace-time', '2'];
    const tests = inHost ? ['--vscode-option', 'enable-smoke-test-driver'] : [];
    const server = spawn(process.execPath, [...this.#words, ...flags, ...quiet, ...grace, ...tests], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#server = server;
    const log = createWriteStream(path.join(folder, 'server.log'), { flags: 'a' });
    server.stderr.pipe(log, { end: false });
    const lines = createInterface({ input: server.stdout });
    this.url = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        log.write(`${line}\n`);
        const url = /HTTP server listening on (http:\S+?)\/?$/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
      server.once('exit', (code) =>
        reject(new Error(`code-server exited with ${String(code)}; see ${path.join(folder, 'server.log')}`)),
      );
    });
    this.#port = Number(new URL(this.url).port);
  }

  /** Kills the server and its extension hosts, as a machine that closes does. */
  async stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    process.kill(-server.pid, 'SIGKILL');
    await exited;
  }

  /** A new window on a folder, or on the folders that a `.code-workspace` lists, in a browser of its own profile: what one window stored, the next one knows. */
  async open(workspace: string, query = ''): Promise<Page> {
    this.#browser ??= await chromium.launchPersistentContext(path.join(this.options.folder, 'browser'), {
      executablePath: '/usr/bin/chromium',
      headless: true,
      viewport: { width: 1440, height: 900 },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    const page = await this.#browser.newPage();
    windows.add(page);
    page.once('close', () => windows.delete(page));
    // Each step waits for what it needs to be there, however busy the machine; this ends one that never comes.
    page.setDefaultTimeout(120_000);
    // What the file of a language pack sets before the workbench is loaded.
    const { language } = this.options;
    if (language !== undefined)
      await page.addInitScript((to) => void Object.assign(globalThis, { _VSCODE_NLS_LANGUAGE: to }), language);
    if (query === '') {
      const kind = workspace.endsWith('.code-workspace') ? 'workspace' : 'folder';
      await page.goto(`${this.url}/?${kind}=${encodeURIComponent(workspace)}`);
      await page.locator('.monaco-workbench').waitFor();
    }
    return page;
  }

  /** Closes every window. */
  async closeWindows(): Promise<void> {
    await this.#browser?.close();
    this.#browser = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeWindows();
    await this.stopServer();
    await rm(path.join(this.options.folder, 'browser'), { recursive: true, force: true, maxRetries: 5 });
  }
}
