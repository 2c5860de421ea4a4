import type { SandboxCommand, SandboxLimits } from './sandbox.ts';

/** Port of the egress proxy inside, where the network namespace is empty and it is free before the command begins. */
export const sandboxProxyPort = 3128;
const openFiles = 4096;

export interface ConfinedShell {
  readonly command: Pick<SandboxCommand, 'argv'>;
  /** Absolute, as the inside sees it. */
  readonly cwd: string;
  readonly limits: SandboxLimits;
  readonly prlimit: string;
  /** Descriptor of a socket on which the shell says that it is there, and goes on when it is told to; it ends where nobody can tell it. */
  readonly goAhead?: number;
  /** Words before the command that none of its limits concern. */
  readonly before?: readonly string[];
  /** The way from the proxy's port inside to its socket: a path without blanks, from where the shell begins. Null: none is needed. */
  readonly egress: { readonly socat: string; readonly socket: string } | null;
}

/**
 * One descriptor for stdout and stderr keeps their order; what stays on the first stderr is the sandbox's own.
 * When memory runs out, the kernel takes these processes before anybody else's.
 */
const expendable = 'echo 1000 >/proc/self/oom_score_adj';
const awaitGoAhead = (descriptor: number): string =>
  `echo >&${descriptor}; read -r _ <&${descriptor} || exit 1; exec ${descriptor}>&-`;
const enter = 'cd -- "$0" 2>&1 || exit 127';
const run = 'exec "$@" 2>&1';
/** socat becomes a child of the sandbox's init, so that a command that waits for all its children does not wait for it. */
const listen = ({ socat, socket }: { readonly socat: string; readonly socket: string }): string =>
  `(${socat} TCP4-LISTEN:${sandboxProxyPort},fork,reuseaddr,bind=127.0.0.1 UNIX-CONNECT:${socket} </dev/null >/dev/null 2>&1 &); ` +
  `until (: >/dev/tcp/127.0.0.1/${sandboxProxyPort}) 2>/dev/null; do sleep 0.003; done`;

/** The last words before a command inside of a local sandbox: a shell that opens its way out, limits it and becomes it. */
export function confinedShell({
  command,
  cwd,
  limits,
  prlimit,
  goAhead,
  before = [],
  egress,
}: ConfinedShell): string[] {
  const script = [
    expendable,
    ...(goAhead === undefined ? [] : [awaitGoAhead(goAhead)]),
    ...(egress === null ? [] : [listen(egress)]),
    enter,
    run,
  ];
  return [
    // Only bash can open /dev/tcp; where that is not needed, the smaller shell starts sooner.
    egress === null ? '/bin/sh' : '/bin/bash',
    '-c',
    script.join('; '),
    cwd,
    prlimit,
    `--nproc=${limits.processes}`,
    `--fsize=${limits.fileBytes}`,
    `--nofile=${openFiles}`,
    '--core=0',
    '--',
    ...before,
    ...command.argv,
  ];
}

/** What every command finds, whatever confines it. `toolchains` have a `bin` folder; `proxyPort` where there is a way out. */
export function minimalEnvironment({
  toolchains,
  home,
  proxyPort,
}: {
  readonly toolchains: readonly string[];
  readonly home: string;
  readonly proxyPort: number | null;
}): Record<string, string> {
  return {
    PATH: [...toolchains.map((path) => `${path}/bin`), '/usr/local/bin:/usr/bin:/bin'].join(':'),
    HOME: home,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    USER: 'agent',
    ...(proxyPort === null ? {} : proxyEnvironment(proxyPort)),
  };
}

/** Tools disagree about the case. Loopback is the sandbox's own and needs no proxy. */
function proxyEnvironment(port: number): Record<string, string> {
  const proxy = `http://127.0.0.1:${port}`;
  return {
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: 'localhost,127.0.0.1,::1',
    no_proxy: 'localhost,127.0.0.1,::1',
    NODE_USE_ENV_PROXY: '1',
    // A JVM reads none of those; it says on stderr that it read this.
    JAVA_TOOL_OPTIONS: ['http', 'https']
      .map((scheme) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=${port}`)
      .join(' '),
  };
}
