import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deniedCalls as DENIED_CALLS } from '../../runner/sandbox/system-calls.ts';
import type { SandboxCommand, SandboxLimits, SandboxResult } from '../../runner/sandbox/sandbox.ts';
import type { Bait } from './sandbox-bait.ts';

/** One way out of the sandbox, as data, so that it can be tried on the sandbox itself and through the tools of a real run. */
export interface Attack {
  /** What must hold. */
  readonly name: string;
  /** Bash. It prints BREACHED where a step of it got through. */
  readonly script: (bait: Bait) => string;
  /** What the output shows when the attack was really tried and stopped: a script that could not even begin must not pass. */
  readonly evidence: RegExp;
  readonly network?: readonly string[];
  /** More to see on the host afterwards. Null: it held. */
  readonly check?: (result: SandboxResult, bait: Bait) => Promise<string | null>;
}

const mib = 1024 * 1024;

/** Small enough that an attack on them takes no time. */
export const attackLimits: SandboxLimits = {
  memoryBytes: 1536 * mib,
  processes: 200,
  fileBytes: 48 * mib,
  tmpBytes: 32 * mib,
  workspaceBytes: 256 * mib,
};

/** Names and addresses that the sandbox under attack must resolve so; the public one leads to a web server of the test. */
export const attackNames: Readonly<Record<string, readonly string[]>> = {
  'allowed.example.test': ['93.184.216.34'],
  'evil.example.test': ['93.184.216.34'],
  'loopback.example.test': ['127.0.0.1'],
  'metadata.example.test': ['169.254.169.254'],
  'private.example.test': ['10.0.0.1'],
  'mapped.example.test': ['::ffff:127.0.0.1'],
  'loopback6.example.test': ['::1'],
  'mixed.example.test': ['93.184.216.34', '192.168.0.1'],
};

export function attackCommand(attack: Attack, bait: Bait): SandboxCommand {
  return {
    argv: ['bash', '-c', attack.script(bait)],
    network: attack.network ?? [],
    // What is stopped ends long before, on a busy machine, too; what is not gets to its end.
    timeoutMs: 120_000,
    maxOutputBytes: 256 * 1024,
  };
}

/** Null when the sandbox held; otherwise one sentence on what did not. */
export async function judgeAttack(attack: Attack, result: SandboxResult, bait: Bait): Promise<string | null> {
  const { output } = result;
  if (output.includes('BREACHED')) return `a step of the attack got through:\n${output}`;
  if (output.includes(bait.secret)) return `the secret came out:\n${output}`;
  if (!attack.evidence.test(output))
    return `no sign that the attack was tried and stopped (${result.outcome} ${result.exitCode}):\n${output}`;
  return (await bait.damage()) ?? (await attack.check?.(result, bait)) ?? null;
}

const deniedCalls = /Read-only file system|Permission denied|Operation not permitted/;
const absent = /No such file or directory/;

const absentOnHost =
  (path: (bait: Bait) => string) =>
  async (_result: SandboxResult, bait: Bait): Promise<string | null> =>
    access(path(bait)).then(
      () => `${path(bait)} exists on the host`,
      () => null,
    );

const writes: readonly Attack[] = [
  {
    name: 'a command writes nothing outside the workspace',
    script: ({ folder }) =>
      `echo x >${folder}/secret.txt && echo BREACHED; touch ${folder}/x && echo BREACHED; touch /srv/x /x && echo BREACHED`,
    evidence: deniedCalls,
  },
  {
    name: 'a command writes nothing in /etc',
    script: () =>
      'echo x >>/etc/passwd && echo BREACHED; touch /etc/profile.d/x /etc/new && echo BREACHED; rm /etc/hosts && echo BREACHED',
    evidence: deniedCalls,
  },
  {
    name: 'a command writes nothing in /usr',
    script: () => 'touch /usr/bin/x /usr/local/bin/x /bin/x && echo BREACHED; rm /usr/bin/env && echo BREACHED',
    evidence: deniedCalls,
  },
  {
    name: 'a command writes nothing in a home of the host',
    script: ({ folder }) =>
      `echo x >${folder}/home/.bashrc && echo BREACHED; mkdir -p /root/x && echo BREACHED; mkdir -p /home/other && echo BREACHED`,
    evidence: deniedCalls,
  },
  {
    name: 'what a command writes to /tmp never reaches the /tmp of the host',
    script: ({ mark }) => `echo kept >/tmp/${mark}; cat /tmp/${mark}`,
    evidence: /kept/,
    check: absentOnHost(({ mark }) => `/tmp/${mark}`),
  },
  {
    name: 'a link leads nowhere outside the workspace',
    script: ({ folder }) =>
      `ln -sfn ${folder} link; echo x >link/secret.txt && echo BREACHED; cat link/secret.txt && echo BREACHED; rm link`,
    evidence: absent,
  },
  {
    name: 'the way through .. leads nowhere outside the workspace',
    script: ({ folder }) =>
      `echo x >../../../../..${folder}/secret.txt && echo BREACHED; cd ../..; touch x && echo BREACHED`,
    evidence: deniedCalls,
  },
];

const gitUntouched = async (_result: SandboxResult, { workspace }: Bait): Promise<string | null> => {
  const config = await readFile(join(workspace, '.git/config'), 'utf8').catch(() => 'gone');
  if (/evil/.test(config) || config === 'gone') return '.git/config was changed';
  const hooks = await readdir(join(workspace, '.git/hooks')).catch(() => ['gone']);
  return hooks.length > 0 ? `.git/hooks holds ${hooks.join(', ')}` : null;
};

const repository: readonly Attack[] = [
  {
    name: 'a command plants no git hook',
    script: () =>
      'echo evil >.git/hooks/pre-commit && echo BREACHED; mv .git/hooks .git/h && echo BREACHED; rm -rf .git/hooks && echo BREACHED; ln -sfn /tmp .git/hooks/x && echo BREACHED',
    evidence: deniedCalls,
    check: gitUntouched,
  },
  {
    name: 'a command changes no git configuration',
    script: () =>
      'echo "[core] fsmonitor = evil" >>.git/config && echo BREACHED; git config core.hooksPath evil && echo BREACHED; echo evil >.git/new; mv -f .git/new .git/config && echo BREACHED; rm -f .git/new',
    evidence: deniedCalls,
    check: gitUntouched,
  },
  {
    name: 'a command names no filter in git attributes',
    script: () => 'echo "* filter=evil" >.git/info/attributes && echo BREACHED; mv .git/info .git/i && echo BREACHED',
    evidence: deniedCalls,
    check: gitUntouched,
  },
  {
    name: 'a command cannot swap .git for another',
    script: () =>
      'mv .git x && mkdir -p .git/hooks && echo evil >.git/hooks/pre-commit && echo BREACHED; rmdir .git && echo BREACHED; ln -sfnT /tmp .git && echo BREACHED; true',
    evidence: /mv: .*Device or resource busy/,
    check: gitUntouched,
  },
  {
    name: 'a command cannot send git to a configuration elsewhere',
    script: () =>
      'mkdir -p evil; cp -r .git/. evil; echo ../evil >.git/commondir; git rev-parse --git-common-dir; rm -rf evil',
    evidence: /evil/,
    check: absentOnHost(({ workspace }) => join(workspace, '.git/commondir')),
  },
];

const reads: readonly Attack[] = [
  {
    name: 'a command reads no ssh keys',
    script: ({ folder }) =>
      `cat ~/.ssh/* && echo BREACHED; cat /root/.ssh/* && echo BREACHED; cat ${folder}/home/.ssh/id_ed25519 && echo BREACHED`,
    evidence: absent,
  },
  {
    name: 'a command reads no passwords',
    script: () =>
      'grep . /etc/shadow && echo BREACHED; grep -v ^agent: /etc/passwd && echo BREACHED; echo looked into both',
    evidence: /looked into both/,
  },
  {
    name: 'a command learns from /etc neither which machine this is nor what it keeps there for itself',
    script: () =>
      'for file in /etc/machine-id /etc/hostname /etc/npmrc /etc/gitconfig /etc/environment /etc/ssh/* /etc/ssl/private/* /etc/sudoers; do [ ! -s "$file" ] || echo BREACHED; done; echo looked at all of them',
    evidence: /looked at all of them/,
  },
  {
    name: "a command reads nothing of another run's workspace",
    script: ({ otherWorkspace }) =>
      `cat ${otherWorkspace}/secret.txt && echo BREACHED; ls ${otherWorkspace} && echo BREACHED`,
    evidence: absent,
  },
  {
    name: "a command reads nothing of the worker's environment",
    script: () => 'env; for each in /proc/[0-9]*/environ /proc/self/task/*/environ; do tr "\\0" "\\n" <$each; done',
    evidence: /^HOME=/m,
  },
  {
    name: 'no file of /proc shows the secret of the worker',
    script: ({ secret }) =>
      `cat /proc/1/cmdline /proc/1/mountinfo | tr "\\0" "\\n" >/tmp/seen; cat /proc/*/environ >>/tmp/seen; grep -c ${secret.slice(0, 4)}[${secret[4]}]${secret.slice(5)} /tmp/seen || echo none of it`,
    evidence: /none of it/,
  },
  {
    name: 'the root, folder and open files of the first process lead nowhere outside',
    script: ({ folder }) =>
      `cat /proc/1/root${folder}/secret.txt && echo BREACHED; cat /proc/1/cwd/..${folder}/secret.txt && echo BREACHED; for fd in /proc/*/fd/*; do cat $fd/..${folder}/secret.txt && echo BREACHED; cat $fd${folder}/secret.txt && echo BREACHED; done; true`,
    evidence: /Permission denied|No such file/,
  },
];

const processes: readonly Attack[] = [
  {
    name: 'a command sees and kills no process of the host',
    script: ({ victimPid }) =>
      `ls -d /proc/[0-9]* | wc -l; kill -9 ${victimPid} && echo BREACHED; ls /proc/${victimPid} && echo BREACHED; true`,
    evidence: /No such process/,
  },
  {
    name: 'killing everything kills the sandbox alone',
    script: () => 'echo about to; kill -9 -1; echo still here; kill -9 $$',
    evidence: /about to/,
  },
  {
    name: 'no more than the permitted number of processes can be forked',
    script: () =>
      `perl -e 'for my $n (1..1500) { my $pid = fork; if (!defined $pid) { print "refused at $n: $!\\n"; exit 1 } if (!$pid) { sleep 60; exit } } print "BREACHED\\n"'`,
    evidence: /refused at \d+: Resource temporarily unavailable/,
  },
  {
    name: 'a process that detached itself does not survive the command',
    script: ({ mark }) =>
      `setsid -f bash -c 'trap "" HUP TERM; exec -a ${mark} sleep 600' </dev/null >/dev/null 2>&1; (sleep 600 &) ; until grep -qzs '^${mark}' /proc/[0-9]*/cmdline; do :; done; echo detached`,
    evidence: /detached/,
    check: async (_result, { mark }) => {
      for (const pid of await readdir('/proc')) {
        const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        if (line.includes(mark)) return `process ${pid} is left: ${line}`;
      }
      return null;
    },
  },
];

const endedByMemory = async ({ outcome }: SandboxResult): Promise<string | null> =>
  outcome === 'memory' ? null : `it ended otherwise: ${outcome}`;

const resources: readonly Attack[] = [
  {
    name: 'a process that wants more than the permitted memory is ended',
    script: () => `echo tried; perl -e '$x = "a" x (6 * 1024 ** 3); sleep 60'; echo BREACHED`,
    evidence: /tried/,
    check: endedByMemory,
  },
  {
    name: 'processes get no more than the permitted memory together',
    script: () =>
      `echo tried; for n in 1 2 3 4 5 6 7 8; do perl -e '$x = "a" x (600 * 1024 ** 2); sleep 60' & done; wait; echo BREACHED`,
    evidence: /tried/,
    check: endedByMemory,
  },
  {
    name: 'files in memory that have no name count as memory',
    script: () =>
      `echo tried; perl -e 'for my $n (1..80) { my $fd = syscall(319 + (qx(uname -m) =~ /aarch64/ ? -40 : 0), my $name = "m", 0); open(my $f, ">&=", $fd); push @all, $f; syswrite $f, "x" x (46 * 1024 ** 2) } sleep 60'; echo BREACHED`,
    evidence: /tried/,
    check: endedByMemory,
  },
  {
    name: 'no file grows beyond the permitted size',
    script: () =>
      'head -c 100M /dev/zero >big; echo "ended with $?"; ls -l big; [ $(stat -c %s big) -gt 60000000 ] && echo BREACHED; rm big',
    evidence: /ended with (153|1)\b/,
    check: async (_result, { workspace }) => {
      const size = await stat(join(workspace, 'big')).then(
        (found) => found.size,
        () => 0,
      );
      return size > attackLimits.fileBytes ? `big has ${size} bytes` : null;
    },
  },
  {
    name: 'temporary folders take no more than the permitted size',
    script: () =>
      'for folder in /tmp /dev/shm; do for n in 1 2 3; do head -c 45M /dev/zero >$folder/$n || echo "$folder full"; done; [ $(du -smx $folder | cut -f1) -gt 70 ] && echo BREACHED; rm -f $folder/*; done; true',
    evidence: /\/tmp full[\s\S]*\/dev\/shm full/,
  },
  {
    name: 'no memory can be filled as files where no size is set',
    script: () =>
      'for folder in / /dev /run /etc /home /proc /dev/pts; do (head -c 1M /dev/zero >$folder/fill) && echo BREACHED; done; true',
    evidence: deniedCalls,
  },
];

/** Every call that is refused or looks absent, by its number on the processor that the command runs on. */
export const rawCalls = (): string => {
  const [x64, arm64] = (['x64', 'arm64'] as const).map((processor) =>
    [...DENIED_CALLS]
      .flatMap(([name, { [processor]: number }]) => (number === null ? [] : [`${name} => ${number}`]))
      .join(', '),
  );
  return `perl -e 'my %calls = qx(uname -m) =~ /aarch64/ ? (${arm64}) : (${x64}); my $refused = 0;
  for (sort keys %calls) { my $r = syscall($calls{$_}, 0, 0, 0, 0, 0); if ($r == -1 && $! == 1) { $refused += 1 } else { print "BREACHED $_: $r $!\n" } }
  print "refused all but ", scalar(keys %calls) - $refused, "\n";
  my $setup = "\\0" x 120; my $ring = syscall(425, 8, $setup); print "io_uring: ", ($ring == -1 ? $! : "BREACHED"), "\n";
  for (470, 600, 1000) { my $r = syscall($_, 0, 0, 0, 0, 0); print "$_: ", ($r == -1 ? $! : "BREACHED"), "\n" }'`;
};

const kernel: readonly Attack[] = [
  {
    name: 'a command cannot have the kernel run a program on a crash',
    script: ({ mark }) =>
      `echo "|/bin/touch /tmp/${mark}" >/proc/sys/kernel/core_pattern && echo BREACHED; bash -c 'kill -SEGV $$'; true`,
    evidence: deniedCalls,
    check: absentOnHost(({ mark }) => `/tmp/${mark}`),
  },
  {
    name: 'a command cannot press the magic system request key',
    script: () => 'echo h >/proc/sysrq-trigger && echo BREACHED; true',
    evidence: /sysrq-trigger: (No such|Permission|Read-only)/,
  },
  {
    name: 'a command changes no kernel setting',
    script: () =>
      'for each in vm/drop_caches kernel/hostname net/ipv4/ip_forward kernel/modprobe; do (echo 1 >/proc/sys/$each) && echo BREACHED; done; true',
    evidence: deniedCalls,
  },
  {
    name: 'a command reaches no control group',
    script: () =>
      'mkdir /sys/fs/cgroup/x && echo BREACHED; ls /sys && echo BREACHED; mount -t cgroup2 none /tmp && echo BREACHED; true',
    evidence: absent,
  },
  {
    name: 'a command makes no namespace of its own',
    script: () =>
      'unshare --user --map-root-user true && echo BREACHED; unshare --mount true && echo BREACHED; unshare --net true && echo BREACHED; true',
    evidence: /No space left on device|Operation not permitted/,
  },
  {
    name: 'a command mounts nothing',
    script: () =>
      'mount -t tmpfs none /tmp && echo BREACHED; mount --bind / /tmp && echo BREACHED; umount /proc/sys && echo BREACHED; mount -o remount,rw /usr && echo BREACHED; true',
    evidence: /denied|permitted|superuser/,
  },
  {
    name: 'a command changes no root folder',
    script: () => 'chroot / true && echo BREACHED; perl -e \'print chroot("/") ? "BREACHED\\n" : "chroot: $!\\n"\'',
    evidence: /chroot: Operation not permitted/,
  },
  {
    name: 'a command makes no device',
    script: () => 'mknod disk b 8 0 && echo BREACHED; mknod /tmp/mem c 1 1 && echo BREACHED; true',
    evidence: /Operation not permitted/,
  },
  {
    name: 'a command reads no disk and no memory of the machine',
    script: () =>
      'for each in /dev/vda /dev/sda /dev/nvme0n1 /dev/mem /dev/kmsg /dev/kvm /proc/kcore; do (head -c 1 $each >/tmp/byte) && [ -s /tmp/byte ] && echo BREACHED; done; dmesg && echo BREACHED; true',
    evidence: /No such file or directory[\s\S]*not permitted/,
  },
  {
    name: 'sockets of unusual families and protocols cannot be opened',
    script:
      () => `perl -e 'for (["vsock", 40, 1, 0], ["packet", 17, 3, 0], ["alg", 38, 5, 0], ["tipc", 30, 1, 0], ["bluetooth", 31, 3, 0], ["xdp", 44, 3, 0], ["netfilter", 16, 3, 12], ["sctp", 2, 1, 132], ["raw", 2, 3, 255]) {
      my ($name, @how) = @$_; print "$name: ", (socket(my $s, $how[0], $how[1], $how[2]) ? "BREACHED" : $!), "\\n" }'`,
    evidence:
      /vsock: Address family not supported[\s\S]*packet: Address family not supported[\s\S]*alg: Address family not supported[\s\S]*netfilter: Protocol not supported[\s\S]*sctp: Protocol not supported/,
  },
  {
    name: 'system calls that open kernels are refused',
    script: rawCalls,
    evidence: /refused all but 0\n(\w+: Function not implemented\n){4}/,
  },
  {
    name: 'shared memory that outlives its process is of no use to keep data in',
    script: () => 'ipcmk -M 64 && echo tiny ones work; ipcmk -M 100M && echo BREACHED; true',
    evidence: /tiny ones work[\s\S]*Invalid argument/,
  },
  {
    name: 'a command has no capability and gains none',
    script: () =>
      'cp /bin/bash ./own; chmod u+s own; ./own -p -c "id -u"; rm own; [ "$(id -u)" = 0 ] && echo BREACHED; grep -E "NoNewPrivs|CapEff|CapBnd" /proc/self/status',
    evidence: /CapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1/,
  },
];

const tcp = (host: string, port: number): string => `(exec 3<>/dev/tcp/${host}/${port} && cat <&3 && echo BREACHED)`;

const noNetwork: readonly Attack[] = [
  {
    name: 'a command reaches no listener on loopback of the host',
    script: ({ tcpPort }) => `${tcp('127.0.0.1', tcpPort)}; ${tcp('::1', tcpPort)}; true`,
    evidence: /Connection refused/,
  },
  {
    name: 'a command reaches no address of the host',
    script: ({ hostAddress, tcpPort }) => `${tcp(hostAddress, tcpPort)}; true`,
    evidence: /Network is unreachable|Connection refused/,
  },
  {
    name: 'a command sends no datagram, not even to a name server',
    script: ({ hostAddress, udpPort }) =>
      `(echo x >/dev/udp/${hostAddress}/${udpPort}) && echo BREACHED; (echo x >/dev/udp/9.9.9.9/53) && echo BREACHED; echo x >/dev/udp/127.0.0.1/${udpPort}; getent hosts example.org && echo BREACHED; true`,
    evidence: /Network is unreachable/,
  },
  {
    name: 'without network there is no interface but loopback',
    script: () =>
      'tail -n +3 /proc/net/dev | grep -v " lo:" && echo BREACHED; tail -n +3 /proc/net/dev; env | grep -i proxy && echo BREACHED; true',
    evidence: /lo:/,
  },
  {
    name: 'a command reaches no unix socket outside the workspace',
    script: ({ folder }) =>
      `socat -u UNIX-CONNECT:${folder}/outside.sock - && echo BREACHED; for each in /run/*.sock /var/run/docker.sock /tmp/*.sock; do socat -u UNIX-CONNECT:$each - && echo BREACHED; done; true`,
    evidence: absent,
  },
  {
    name: 'a command reaches no unix socket of the host inside the workspace',
    script: () =>
      'socat -u UNIX-CONNECT:inside.sock - && echo BREACHED; ln inside.sock other.sock && echo BREACHED; mv inside.sock other.sock && echo BREACHED; true',
    evidence: /Connection refused/,
  },
  {
    name: 'a command reaches no abstract socket of the host',
    script: ({ abstractSocket }) => `socat -u ABSTRACT-CONNECT:${abstractSocket} - && echo BREACHED; true`,
    evidence: /Connection refused/,
  },
];

/** Sends raw requests to the proxy and prints its answers; `\r\n` ends each line. */
const ask = (...requests: readonly string[]): string =>
  requests
    .map(
      (text) =>
        `(exec 3<>/dev/tcp/127.0.0.1/\${HTTP_PROXY##*:}; printf '%b' '${text.replaceAll('\n', String.raw`\r\n`)}' >&3; timeout 5 cat <&3)`,
    )
    .join('; ');

const blocked = (count: number): RegExp =>
  new RegExp(`(403 Forbidden[\\s\\S]*?blocked-by-allowlist[\\s\\S]*?){${count}}`, 'i');

const refusedExactly =
  (...hosts: readonly string[]) =>
  async ({ refusedHosts }: SandboxResult): Promise<string | null> =>
    JSON.stringify(refusedHosts.toSorted()) === JSON.stringify(hosts.toSorted())
      ? null
      : `refused hosts were ${JSON.stringify(refusedHosts)}, not ${JSON.stringify(hosts)}`;

const inward = ['loopback', 'metadata', 'private', 'mapped', 'loopback6', 'mixed'].map(
  (name) => `${name}.example.test`,
);

const egress: readonly Attack[] = [
  {
    name: 'a host that is not on the list is refused and recorded',
    script: () =>
      ask(
        'CONNECT evil.example.test:443 HTTP/1.1\nHost: evil.example.test:443\n\n',
        'GET http://evil.example.test/ HTTP/1.1\nHost: evil.example.test\nConnection: close\n\n',
      ),
    evidence: blocked(2),
    network: ['allowed.example.test'],
    check: refusedExactly('evil.example.test:443', 'evil.example.test:80'),
  },
  {
    name: "an allowed host's address is reached neither through the proxy nor past it",
    script: () =>
      `${ask('GET http://93.184.216.34/ HTTP/1.1\nHost: allowed.example.test\nConnection: close\n\n', 'CONNECT 93.184.216.34:443 HTTP/1.1\nHost: allowed.example.test\n\n')}; ${tcp('93.184.216.34', 80)}; true`,
    evidence: new RegExp(`${blocked(2).source}[\\s\\S]*Network is unreachable`, 'i'),
    network: ['allowed.example.test'],
  },
  {
    name: 'an allowed host is no front for another, neither in a request nor in a tunnel',
    script: () =>
      ask(
        'GET http://allowed.example.test/ HTTP/1.1\nHost: evil.example.test\nConnection: close\n\n',
        'CONNECT allowed.example.test:80 HTTP/1.1\nHost: allowed.example.test:80\n\nGET / HTTP/1.1\nHost: evil.example.test\nConnection: close\n\n',
      ),
    evidence: blocked(2),
    network: ['allowed.example.test'],
    check: refusedExactly('evil.example.test:80'),
  },
  {
    name: 'an allowed name that resolves into a private network is refused',
    script: () => ask(...inward.map((host) => `CONNECT ${host}:443 HTTP/1.1\nHost: ${host}:443\n\n`)),
    evidence: blocked(inward.length),
    network: inward,
    check: refusedExactly(...inward.map((host) => `${host}:443`)),
  },
  {
    name: 'only the ports of HTTP and HTTPS lead out',
    script: () =>
      ask(
        'CONNECT allowed.example.test:22 HTTP/1.1\nHost: x\n\n',
        'GET http://allowed.example.test:8080/ HTTP/1.1\nHost: allowed.example.test:8080\nConnection: close\n\n',
      ),
    evidence: blocked(2),
    network: ['allowed.example.test'],
    check: refusedExactly('allowed.example.test:22', 'allowed.example.test:8080'),
  },
  {
    name: 'an address in any spelling is refused by the proxy',
    script: ({ tcpPort }) =>
      ask(
        ...['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]'].map(
          (host) => `GET http://${host}:80/ HTTP/1.1\nHost: ${host}\nConnection: close\n\n`,
        ),
        `CONNECT 127.0.0.1:${tcpPort} HTTP/1.1\nHost: x\n\n`,
        'CONNECT [::1]:443 HTTP/1.1\nHost: x\n\n',
      ),
    evidence: blocked(7),
    network: ['allowed.example.test'],
  },
  {
    name: 'the way to the proxy can be neither replaced nor used for another protocol',
    script: () => `rm -f /run/egress.sock && echo BREACHED; ${ask('SSH-2.0-evil\n\n')}; true`,
    evidence: /(Device or resource busy|Read-only file system)[\s\S]*400 Bad Request/,
    network: ['allowed.example.test'],
  },
];

/** Every attack of the suite. Each is independent of the others and leaves the workspace as it was. */
export const attacks: readonly Attack[] = [
  ...writes,
  ...repository,
  ...reads,
  ...processes,
  ...resources,
  ...kernel,
  ...noNetwork,
  ...egress,
];
