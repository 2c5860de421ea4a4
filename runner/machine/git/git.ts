import { addAbortListener } from 'node:events';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { delimiter } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gitWords, type GitLimits } from './limits.ts';

/** Who a commit is by. `date` is git's internal format, `<seconds> <zone>`; without it, now. */
export interface Identity {
  readonly name: string;
  readonly email: string;
  readonly date?: string;
}

/** What git shows a remote to be let in: good for reading one repository, and for a short time. */
export interface RemoteCredential {
  readonly username: string;
  readonly password: string;
}

/** The one remote that a git may open connections to. */
export interface Remote {
  readonly url: string;
  readonly credential: RemoteCredential | null;
}

/**
 * Where and how one git of the host runs. All folders are absolute paths.
 *
 * `as: 'longhaul'` (the default) reads no configuration but the repository's own, which is ours. `as: 'user'` also reads the
 * configuration of the person who runs us, because their ignore rules, line endings and filters say what their tree is.
 * Neither runs a hook or a file monitor or asks a question. Connections are opened to `remote` alone: by its protocol, to where
 * its URL says and not to where that redirects.
 */
export interface GitOptions {
  readonly as?: 'longhaul' | 'user';
  readonly folder?: string;
  readonly gitDirectory?: string;
  readonly workTree?: string;
  readonly index?: string;
  readonly objects?: string;
  readonly alternates?: readonly string[];
  readonly config?: readonly string[];
  readonly identity?: Identity;
  readonly remote?: Remote;
  readonly input?: Buffer | string;
  readonly signal?: AbortSignal | undefined;
  /** For a git that reads what comes from outside. */
  readonly limits?: GitLimits;
}

/** `code` is null if a signal ended git. `errors` is its standard error, trimmed. */
export type GitResult =
  | { readonly ok: true; readonly output: Buffer; readonly errors: string }
  | { readonly ok: false; readonly code: number | null; readonly output: Buffer; readonly errors: string };

/** git failed where no failure was expected. */
export class GitError extends Error {
  override readonly name = 'GitError';
}

const always = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=',
  'core.untrackedCache=false',
  'core.splitIndex=false',
  'core.quotePath=false',
  'core.safecrlf=false',
  'core.pager=cat',
  'core.sshCommand=false',
  'core.askPass=',
  'credential.helper=',
  'protocol.allow=never',
  'protocol.ext.allow=never',
  'submodule.recurse=false',
  'i18n.commitEncoding=UTF-8',
  'gc.auto=0',
  'maintenance.auto=false',
];

/** Of a person's repository git itself looks at whose it is: its configuration names programs, such as filters, that run as whoever runs us. */
const ours = [
  'safe.directory=*',
  'core.autocrlf=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.symlinks=true',
];

/** On Linux `git~1` and the like are ordinary names that a tree may hold; elsewhere they can mean `.git`. */
const nameChecks = process.platform === 'linux' ? ['core.protectNTFS=false', 'core.protectHFS=false'] : [];

/** What a program needs to start, and nothing that git listens to. */
const inherited = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'];
/** Where a person's own configuration is found. */
const personal = [
  'HOME',
  'USERPROFILE',
  'XDG_CONFIG_HOME',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
];

/** What is not set is undefined, which a program that is spawned does not get. */
const inherit = (names: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(names.map((name) => [name, process.env[name]]));

/** A path list entry that may hold a separator, a quote or a newline, as git unquotes it. */
const quoted = (path: string): string =>
  `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/** Where a proxy and the certificates of this machine are. */
const network = [
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
];

/** A credential is in the environment of that git alone: never in a command line, a URL, or a file. */
const remoteVariables = ({ credential }: Remote): NodeJS.ProcessEnv => ({
  ...inherit(network),
  LONGHAUL_GIT_USERNAME: credential?.username,
  LONGHAUL_GIT_PASSWORD: credential?.password,
});

const helper =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$LONGHAUL_GIT_USERNAME" "$LONGHAUL_GIT_PASSWORD"; }; f';

const remoteSettings = ({ url, credential }: Remote): string[] => [
  `protocol.${url.slice(0, url.indexOf(':'))}.allow=always`,
  'http.followRedirects=false',
  // A server that stops talking: less than 1,000 bytes a second for a minute.
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
  ...(credential === null ? [] : [`credential.helper=${helper}`]),
];

const identityVariables = ({ name, email, date }: Identity): NodeJS.ProcessEnv => ({
  GIT_AUTHOR_NAME: name,
  GIT_AUTHOR_EMAIL: email,
  GIT_COMMITTER_NAME: name,
  GIT_COMMITTER_EMAIL: email,
  GIT_AUTHOR_DATE: date,
  GIT_COMMITTER_DATE: date,
});

const environment = (options: GitOptions): NodeJS.ProcessEnv => ({
  ...inherit(inherited),
  ...(options.as === 'user'
    ? inherit(personal)
    : { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1' }),
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_DIR: options.gitDirectory,
  GIT_WORK_TREE: options.workTree,
  GIT_INDEX_FILE: options.index,
  GIT_OBJECT_DIRECTORY: options.objects,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: options.alternates?.map(quoted).join(delimiter),
  ...(options.identity && identityVariables(options.identity)),
  ...(options.remote && remoteVariables(options.remote)),
});

const settings = (options: GitOptions): string[] =>
  [
    ...always,
    ...(options.as === 'user' ? [] : [...ours, ...nameChecks]),
    ...(options.remote === undefined ? [] : remoteSettings(options.remote)),
    ...(options.config ?? []),
  ].flatMap((setting) => ['-c', setting]);

/** Who talks to a remote is another program, which goes on when git ends: with a group of their own, all of them can be ended. */
const hasHelpers = ({ remote }: GitOptions): boolean => remote !== undefined && process.platform !== 'win32';

/** Ends a git that `startGit` began, and what that began. */
const endGit = (child: ChildProcessWithoutNullStreams, options: GitOptions): void => {
  child.kill('SIGKILL');
  if (!hasHelpers(options) || child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of them was left.
  }
};

/** Starts git and leaves its streams to the caller, who must wait for its end with `finished`. */
export const startGit = (args: readonly string[], options: GitOptions): ChildProcessWithoutNullStreams => {
  options.signal?.throwIfAborted();
  const [program, ...words] = gitWords([...settings(options), ...args], options.limits);
  const child = spawn(program, words, {
    cwd: options.folder ?? options.workTree ?? options.gitDirectory,
    env: environment(options),
    stdio: 'pipe',
    windowsHide: true,
    detached: hasHelpers(options),
    signal: options.signal,
  });
  if (options.signal !== undefined && hasHelpers(options)) {
    const ending = addAbortListener(options.signal, () => endGit(child, options));
    child.once('close', () => ending[Symbol.dispose]());
  }
  // A git that stops before it read all its input says why on standard error and with its exit code.
  child.stdin.on('error', () => {});
  return child;
};

/** Resolves with the exit code once git has ended and its streams are closed. Throws if git cannot start or was aborted. */
export const finished = (child: ChildProcessWithoutNullStreams): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });

/** `most`: bytes that are held; the first one beyond calls `onMore`. */
const collected = (stream: NodeJS.ReadableStream, most: number, onMore: () => void): (() => Buffer) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= most) chunks.push(chunk);
    else onMore();
  });
  return () => Buffer.concat(chunks);
};

/** Runs git to its end. A non-zero exit is a value. Throws if git cannot be started, or with the signal's reason. */
export const git = async (args: readonly string[], options: GitOptions): Promise<GitResult> => {
  const child = startGit(args, options);
  const most = options.limits?.outputBytes ?? Infinity;
  let isTooMuch = false;
  const stop = (): void => {
    isTooMuch = true;
    endGit(child, options);
  };
  const output = collected(child.stdout, most, stop);
  const errors = collected(child.stderr, most, stop);
  child.stdin.end(options.input ?? '');
  const code = await finished(child);
  const result = { output: output(), errors: errors().toString().trim() };
  if (isTooMuch)
    return { ok: false, code: null, output: result.output, errors: `fatal: more than ${most} bytes of output` };
  return code === 0 ? { ok: true, ...result } : { ok: false, code, ...result };
};

/** The error for a git that failed where it should not have. */
export const unexpected = (args: readonly string[], result: { code: number | null; errors: string }): GitError =>
  new GitError(`git ${args[0] ?? ''} failed (${result.code ?? 'ended by a signal'}): ${result.errors}`);

/** Runs git where a failure is a bug or broken I/O: gives its output, throws a GitError otherwise. */
export const gitOrThrow = async (args: readonly string[], options: GitOptions): Promise<Buffer> => {
  const result = await git(args, options);
  if (!result.ok) throw unexpected(args, result);
  return result.output;
};

/** Makes a bare repository of ours, with nothing in it. */
export const initBare = async (gitDirectory: string, format: 'sha1' | 'sha256'): Promise<void> => {
  const args = ['init', '-q', '--bare', '--template=', `--object-format=${format}`, gitDirectory];
  await gitOrThrow(args, { folder: gitDirectory });
};

/** Runs git with its output going to a file, which is made private, and new unless it is appended to. Throws a GitError where it fails. */
export const gitToFile = async (
  args: readonly string[],
  options: GitOptions,
  to: { readonly file: string; readonly flags?: 'w' | 'a' },
): Promise<void> => {
  const child = startGit(args, options);
  const end = endOf(child);
  child.stdin.end(options.input ?? '');
  // Where git fails meanwhile its exit code says so, and where the disk does, git must not wait for a reader.
  const sink = createWriteStream(to.file, { mode: 0o600, flags: to.flags ?? 'w' });
  await pipeline(child.stdout, sink).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await end;
    throw error;
  });
  const { code, errors } = await end;
  if (code !== 0) throw unexpected(args, { code, errors });
};

/** The end of a git whose output somebody else takes: its exit code, and what it complained of. */
export const endOf = async (
  child: ChildProcessWithoutNullStreams,
): Promise<{ readonly code: number | null; readonly errors: string }> => {
  let errors = '';
  // What it says last is why it ended.
  child.stderr.on('data', (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-mostErrors)));
  const code = await finished(child);
  return { code, errors: errors.trim() };
};

const mostErrors = 65_536;

/** One line of output without its newline. Only the last newline goes: a path may hold others. */
export const line = (output: Buffer): string => output.toString().replace(/\r?\n$/, '');

/**
 * Splits NUL-terminated output. Each string holds one byte per character (latin1), because a path is bytes and need not be
 * UTF-8; `pathBytes` gives the bytes back.
 */
export const splitNul = (output: Buffer): string[] => {
  const parts = output.toString('latin1').split('\0');
  parts.pop();
  return parts;
};

/** The bytes of a path from `splitNul`. */
export const pathBytes = (path: string): Buffer => Buffer.from(path, 'latin1');

/** Input for git's `-z` from such strings. */
export const joinNul = (parts: readonly string[]): Buffer =>
  Buffer.from(parts.map((part) => `${part}\0`).join(''), 'latin1');
