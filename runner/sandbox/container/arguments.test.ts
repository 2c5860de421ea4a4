import { expect, test } from 'vitest';
import { containerArguments, type ContainerPlan } from './arguments.ts';

const plan: ContainerPlan = {
  programs: {
    unshare: '/usr/bin/unshare',
    setpriv: '/usr/bin/setpriv',
    prlimit: '/usr/bin/prlimit',
    perl: '/usr/bin/perl',
    socat: '/usr/bin/socat',
  },
  user: { uid: 40_001, gid: 40_001 },
  architecture: 'arm64',
  filter: '/data/scratch/seccomp.bpf',
  root: '/workspace',
  home: '/data/scratch/inside/home',
  temporary: '/data/scratch/inside/tmp',
  toolchains: ['/opt/node'],
  limits: { memoryBytes: 1, processes: 2, fileBytes: 3, tmpBytes: 4, workspaceBytes: 5 },
  network: { kind: 'cut', socket: null },
  command: { argv: ['echo', '$HOME'] },
};

const after = (list: readonly string[], word: string): readonly string[] => list.slice(list.indexOf(word) + 1);

test('a command gives up every right before anything of its own is read', () => {
  const list = containerArguments(plan);
  expect(after(list, '/usr/bin/setpriv').slice(0, 9)).toEqual([
    '--reuid=40001',
    '--regid=40001',
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--no-new-privs',
    '--pdeathsig=KILL',
    '--',
  ]);
  expect(list.slice(0, 3)).toEqual(['/usr/bin/unshare', '--net', '--']);
  expect(list).toContain('167');
  expect(after(list, '-i')).toEqual([
    'PATH=/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
    'HOME=/data/scratch/inside/home',
    'TMPDIR=/data/scratch/inside/tmp',
    'LANG=C.UTF-8',
    'TERM=dumb',
    'USER=agent',
    'PWD=/workspace',
    'echo',
    '$HOME',
  ]);
});

test.each<[string, ContainerPlan['network'], { unshared: boolean; socat: boolean; proxy: string | undefined }]>([
  ['none', { kind: 'cut', socket: null }, { unshared: true, socat: false, proxy: undefined }],
  [
    'a way out of a network of its own',
    { kind: 'cut', socket: 'egress-1.sock' },
    { unshared: true, socat: true, proxy: 'http_proxy=http://127.0.0.1:3128' },
  ],
  [
    "the container's own",
    { kind: 'shared', proxyPort: 4711 },
    { unshared: false, socat: false, proxy: 'http_proxy=http://127.0.0.1:4711' },
  ],
])('with the network %s', (...[, network, expected]) => {
  const list = containerArguments({ ...plan, network });
  expect({
    unshared: list.includes('--net'),
    socat: list.some((word) => word.includes('UNIX-CONNECT:egress-1.sock')),
    proxy: list.find((word) => word.startsWith('http_proxy=')),
  }).toEqual(expected);
});
