import { Trouble, usage } from '../../shared/trouble.ts';
import type { Api } from './connection/client.ts';
import { homeFolder } from '../machine/home/home.ts';
import { paintWith, wantsColour, type Paint } from './paint.ts';
import type { Terminal } from './terminal.ts';
import { safeJson } from '../../shared/text/clean.ts';

/** What the options that every command has come to. */
export interface Globals {
  readonly home?: string | undefined;
  readonly json?: boolean | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly color: boolean;
}

/** What surrounds a command: the process, as seen by somebody who can replace it. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly version: string;
  /** How this program is started: node, its flags, the file. */
  readonly self: readonly [string, ...string[]];
  /** Aborted by the first Ctrl-C or SIGTERM after it was asked for; the second one ends the process as usual. */
  readonly interrupted: () => AbortSignal;
}

export interface CommandContext extends Surroundings {
  readonly json: boolean;
  readonly paint: Paint;
  readonly home: string;
  /** A runner somewhere else: it is neither started nor looked for here. */
  readonly remote: { readonly url: string; readonly token: string } | null;
  /** Data for people; nothing with --json. Ends the line. */
  readonly print: (text: string) => void;
  /** Remarks, on stderr. Ends the line. */
  readonly note: (text: string) => void;
  /** The one document of a command, or a line of what streams. */
  readonly printJson: (value: unknown) => void;
  /** The runner; the embedded one is started if none runs. Throws Trouble with the reason. */
  readonly runner: () => Promise<Api>;
  /** The runner, started if there is anything in its home; null where nothing was ever delegated. */
  readonly existing: () => Promise<Api | null>;
}

export const contextOf = (globals: Globals, surroundings: Surroundings): CommandContext => {
  const { terminal, env } = surroundings;
  const home = homeFolder(env, globals.home);
  const remote = remoteOf(globals, env);
  const json = globals.json === true;
  const note = (text: string) => terminal.note(`${text}\n`);
  const runner = () =>
    remote === null
      ? embedded(home, { ...surroundings, note })
      : import('./connection/client.ts').then(({ connect }) => connect(remote));
  return {
    ...surroundings,
    json,
    home,
    remote,
    note,
    paint: paintWith(!json && wantsColour(env, { tty: terminal.outIsTty, flag: globals.color })),
    print: (text) => {
      if (!json) terminal.out(`${text}\n`);
    },
    printJson: (value) => {
      if (json) terminal.out(`${safeJson(value)}\n`);
    },
    runner,
    existing: async () => (remote === null && !(await wasUsed(home)) ? null : runner()),
  };
};

const remoteOf = (globals: Globals, env: NodeJS.ProcessEnv): CommandContext['remote'] => {
  const url = (globals.url ?? env['LONGHAUL_URL'] ?? '').replace(/\/+$/, '');
  if (url === '') return null;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw usage(
      `${JSON.stringify(url)} is no address of a runner.`,
      'Give one such as https://longhaul.example.org with --url.',
    );
  const token = globals.token ?? env['LONGHAUL_TOKEN'] ?? '';
  if (token === '')
    throw usage(
      `A token is needed for the runner at ${url}.`,
      'Give it with LONGHAUL_TOKEN, or with --token (which others on this machine can see).',
    );
  return { url, token };
};

/** The first runner of a home writes its token; it stays. */
const wasUsed = async (home: string): Promise<boolean> => {
  const { readToken } = await import('../local/find-runner.ts');
  return (await readToken(home)) !== null;
};

const embedded = async (
  home: string,
  { env, self, note }: Surroundings & Pick<CommandContext, 'note'>,
): Promise<Api> => {
  const [{ connect }, { startRunner }] = await Promise.all([
    import('./connection/client.ts'),
    import('../local/start-runner.ts'),
  ]);
  const started = await startRunner({
    home,
    command: self,
    flags: ['--on-demand'],
    env,
    onStart: () => note('Starting the runner in the background…'),
    onSilence: (pid) => note(`Waiting for the runner (process ${pid}), which does not answer…`),
  });
  if (started.outcome === 'failed') throw new Trouble(started.message, { remedy: started.remedy, code: 'unreachable' });
  const { file, token } = started.runner;
  return connect({ url: file.url, token });
};

/** The runner of a home that has runs. Throws Trouble where it has none. */
export const runnerWithRuns = async (context: CommandContext): Promise<Api> => {
  const api = await context.existing();
  if (api !== null) return api;
  throw new Trouble(`Nothing was ever delegated in the home ${context.home}.`, {
    remedy: 'Delegate something with: longhaul delegate "…". For another home use --home or LONGHAUL_HOME.',
    code: 'not_found',
  });
};
