import { describe, expect, test } from 'vitest';
import { bubblewrapArguments, type BubblewrapPlan } from './arguments.ts';

const minimal: BubblewrapPlan = {
  workspace: '/data/runs/1/tree',
  home: null,
  etc: '/data/runs/1/scratch/etc',
  host: {
    rootLinks: [],
    rootFolders: [],
    etc: { shown: [], emptyFolders: [], emptyFiles: [] },
    prlimit: '/usr/bin/prlimit',
    socat: '/usr/bin/socat',
  },
  readable: [],
  toolchains: [],
  pins: { pinned: [], readOnly: [] },
  maskedSockets: [],
  limits: { memoryBytes: 1, processes: 2, fileBytes: 3, tmpBytes: 4, workspaceBytes: 5 },
  egressSocket: null,
  command: { argv: ['make', 'all'] },
};

const environment = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    list.flatMap((word, index) => (word === '--setenv' ? [[list[index + 1] ?? '', list[index + 2] ?? '']] : [])),
  );

describe('the argument list', () => {
  test('of a minimal plan names everything that the inside has', () => {
    const list = bubblewrapArguments(minimal);
    expect(list.join(' ')).toBe(
      [
        '--unshare-user --unshare-all --disable-userns --die-with-parent --new-session --clearenv --cap-drop ALL --uid 1000 --gid 1000 --hostname sandbox',
        '--ro-bind /usr /usr',
        ...['passwd', 'group', 'hosts', 'nsswitch.conf'].map(
          (name) => `--ro-bind /data/runs/1/scratch/etc/${name} /etc/${name}`,
        ),
        '--proc /proc --ro-bind /proc/sys /proc/sys --dev /dev --size 67108864 --perms 0700 --tmpfs /dev/shm',
        '--size 4 --perms 0700 --tmpfs /tmp --size 4 --perms 0700 --tmpfs /home/agent',
        '--bind /data/runs/1/tree /workspace',
        '--setenv PATH /usr/local/bin:/usr/bin:/bin --setenv HOME /home/agent --setenv TMPDIR /tmp --setenv LANG C.UTF-8 --setenv TERM dumb --setenv USER agent',
        '--chdir /workspace --seccomp 3 --json-status-fd 4 --remount-ro /dev --remount-ro / --',
        '/bin/sh -c echo 1000 >/proc/self/oom_score_adj; echo >&5; read -r _ <&5 || exit 1; exec 5>&-; cd -- "$0" 2>&1 || exit 127; exec "$@" 2>&1 /workspace',
        '/usr/bin/prlimit --nproc=2 --fsize=3 --nofile=4096 --core=0 -- make all',
      ].join(' '),
    );
  });

  test('shows the system folders, the toolchains and the protected parts of the workspace', () => {
    const mounts = bubblewrapArguments({
      ...minimal,
      host: {
        ...minimal.host,
        rootLinks: [{ path: '/bin', target: 'usr/bin' }],
        rootFolders: ['/lib64'],
        etc: { shown: ['/etc'], emptyFolders: ['/etc/ssh'], emptyFiles: ['/etc/machine-id'] },
      },
      readable: ['/opt/node', '/srv/cache'],
      toolchains: ['/opt/node'],
      pins: { pinned: ['.git'], readOnly: ['.git/config', '.git/hooks'] },
      maskedSockets: ['dev.sock'],
    });
    const text = mounts.join(' ');
    for (const part of [
      '--symlink usr/bin /bin --ro-bind /lib64 /lib64 --ro-bind /etc /etc --ro-bind /data/runs/1/scratch/etc/nothing /etc/ssh --ro-bind /data/runs/1/scratch/etc/empty /etc/machine-id --ro-bind /data/runs/1/scratch/etc/passwd /etc/passwd',
      '--ro-bind /opt/node /opt/node --ro-bind /srv/cache /srv/cache --bind /data/runs/1/tree /workspace',
      '--bind /data/runs/1/tree/.git /workspace/.git --ro-bind /data/runs/1/tree/.git/config /workspace/.git/config --ro-bind /data/runs/1/tree/.git/hooks /workspace/.git/hooks',
      '--ro-bind /dev/null /workspace/dev.sock',
    ]) {
      expect(text).toContain(part);
    }
    expect(environment(mounts)['PATH']).toBe('/opt/node/bin:/usr/local/bin:/usr/bin:/bin');
  });

  test('with network binds the socket, sets the proxy in both cases and listens before it runs the command', () => {
    const list = bubblewrapArguments({ ...minimal, egressSocket: '/data/runs/1/scratch/egress-1.sock' });
    expect(list.join(' ')).toContain('--bind /data/runs/1/scratch/egress-1.sock /run/egress.sock');
    expect(environment(list)).toMatchObject({
      HTTP_PROXY: 'http://127.0.0.1:3128',
      http_proxy: 'http://127.0.0.1:3128',
      HTTPS_PROXY: 'http://127.0.0.1:3128',
      https_proxy: 'http://127.0.0.1:3128',
      NO_PROXY: 'localhost,127.0.0.1,::1',
      no_proxy: 'localhost,127.0.0.1,::1',
      NODE_USE_ENV_PROXY: '1',
      JAVA_TOOL_OPTIONS:
        '-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=3128 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=3128',
    });
    expect(list.find((word) => word.includes('socat'))).toMatch(
      /^echo 1000 .*socat TCP4-LISTEN:3128.*until .*done; cd -- "\$0" 2>&1 \|\| exit 127; exec "\$@" 2>&1$/,
    );
  });

  test('takes the command as it is', () => {
    const list = bubblewrapArguments({
      ...minimal,
      command: { argv: ['echo', '--', '$HOME; rm'] },
    });
    expect(list.slice(-4)).toEqual(['--', 'echo', '--', '$HOME; rm']);
  });
});
