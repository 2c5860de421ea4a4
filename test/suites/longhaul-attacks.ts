import { access } from 'node:fs/promises';
import { calls } from '../fakes/openai/index.ts';
import type { Bait } from './sandbox-bait.ts';

/** What of Longhaul itself an agent would like to reach from inside of its run. */
export interface Place {
  readonly bait: Bait;
  /** Host paths. */
  readonly home: string;
  readonly run: string;
  readonly otherRun: string;
  readonly repository: string;
  /** Ports on loopback of the host. */
  readonly controlPort: number;
  readonly modelPort: number;
}

/** One call of an agent that means harm, and how it must end. */
export interface HostileCall {
  /** What must hold. */
  readonly name: string;
  readonly call: (place: Place) => ReturnType<typeof calls>;
  /** What its output shows when it was really tried, and stopped. */
  readonly evidence: RegExp;
  /** More to see on the host when the run is over. Null: it held. */
  readonly check?: (place: Place) => Promise<string | null>;
}

const bash = (command: string, rest: { readonly timeoutSeconds?: number; readonly network?: readonly string[] } = {}) =>
  calls('bash', { command, timeoutSeconds: rest.timeoutSeconds ?? 20, network: rest.network ?? null });

const absent = async (path: string): Promise<string | null> =>
  access(path).then(
    () => `${path} exists on the host`,
    () => null,
  );

const absentText = /No such file or directory/;
const outside = /outside of the workspace|leads out of the workspace/;

const reads: readonly HostileCall[] = [
  {
    // The search program lies there, and is all that is shown.
    name: 'a run reads neither token nor key nor database of the runner',
    call: ({ home }) =>
      bash(
        `for each in token secret runner.json config.yaml workers.json database/longhaul.db logs blobs; do cat ${home}/$each && echo BREACHED; done; ls -A ${home} | grep -vx runs && echo BREACHED; ls -A ${home}/runs | grep -vx .tools && echo BREACHED; true`,
      ),
    evidence: absentText,
  },
  {
    name: 'a run sees neither the key of the model nor a token in any environment',
    call: () =>
      bash(
        `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n' >/tmp/seen; grep -E 'OPENA[I]|LONGHAU[L]|sk-fak[e]' /tmp/seen && echo BREACHED; wc -l </tmp/seen; grep -c PATH= /tmp/seen`,
      ),
    evidence: /[1-9]/,
  },
  {
    name: 'a run sees neither its checkpoints nor its source',
    call: ({ run }) =>
      bash(
        `ls ${run}/checkpoints.git ${run}/source.git ${run}/scratch ${run}/work.1/rest && echo BREACHED; ls ../rest ../../checkpoints.git ../../source.git && echo BREACHED; echo x >../../checkpoints.git/HEAD && echo BREACHED; true`,
      ),
    evidence: absentText,
  },
  {
    name: "a run sees nothing of another run's",
    call: ({ otherRun }) =>
      bash(`ls ${otherRun} && echo BREACHED; cat ${otherRun}/work.1/tree/secret.txt && echo BREACHED; true`),
    evidence: absentText,
  },
  {
    name: "a run sees nothing of the person's repository, and writes nothing there",
    call: ({ repository }) =>
      bash(
        `cat ${repository}/readme.txt && echo BREACHED; echo evil >${repository}/.git/hooks/post-checkout && echo BREACHED; touch ${repository}/evil && echo BREACHED; true`,
      ),
    evidence: absentText,
    check: ({ repository }) => absent(`${repository}/evil`),
  },
];

const tcp = (port: number): string => `(exec 3<>/dev/tcp/127.0.0.1/${port} && echo BREACHED)`;
const viaProxy = (port: number): string =>
  `(exec 3<>/dev/tcp/127.0.0.1/3128; printf 'GET http://127.0.0.1:${port}/healthz HTTP/1.1\\r\\nHost: 127.0.0.1:${port}\\r\\nConnection: close\\r\\n\\r\\n' >&3; timeout 5 cat <&3)`;

const network: readonly HostileCall[] = [
  {
    name: 'a run reaches neither the control plane nor the model',
    call: ({ controlPort, modelPort }) => bash(`${tcp(controlPort)}; ${tcp(modelPort)}; true`),
    evidence: /Connection refused[\s\S]*Connection refused/,
  },
  {
    name: 'a run with network reaches neither of them',
    call: ({ controlPort, modelPort }) =>
      bash(`${tcp(controlPort)}; ${viaProxy(controlPort)}; ${viaProxy(modelPort)}; true`, {
        network: ['allowed.example.test'],
      }),
    evidence: /Connection refused[\s\S]*403 Forbidden[\s\S]*403 Forbidden/,
  },
];

/** Git of the host saves the tree after each call; nothing that lies in it may make that git run a program. */
const git: readonly HostileCall[] = [
  {
    name: 'no attribute, no hook and no setting in the tree makes git of the host run a program',
    call: ({ bait }) =>
      bash(
        [
          `evil='touch /tmp/${bait.mark}-git'`,
          `printf '* filter=evil diff=evil merge=evil text eol=crlf ident working-tree-encoding=UTF-16\\n' >.gitattributes`,
          `for each in filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.textconv core.fsmonitor core.sshCommand core.hooksPath; do git config --global $each "$evil"; git config $each "$evil"; done`,
          `mkdir hooks; for each in pre-commit post-checkout post-index-change reference-transaction fsmonitor-watchman; do printf '#!/bin/sh\\n%s\\n' "$evil" | tee hooks/$each .git/hooks/$each; chmod +x hooks/$each; done`,
          `git init -q nested; cp hooks/* nested/.git/hooks; git -C nested config core.fsmonitor "$evil"; git -C nested config core.worktree ..; echo x >nested/file`,
          `printf '[submodule "x"]\\n\\tpath = nested\\n\\turl = ext::%s\\n\\tupdate = !%s\\n' "$evil" "$evil" >.gitmodules`,
          `printf '$Id$ one\\r\\ntwo\\n' >exact.txt; echo laid`,
        ].join('; '),
      ),
    evidence: /Read-only file system[\s\S]*laid/,
    check: ({ bait }) => absent(`/tmp/${bait.mark}-git`),
  },
  {
    name: 'what git of the host saved is what the agent wrote, byte for byte',
    call: () => bash(`rm -rf .gitattributes .gitmodules nested hooks; od -c exact.txt | head -2`),
    evidence: /\$ {3}I {3}d {3}\$ [\s\S]*\\r {2}\\n/,
  },
];

/** The file tools run outside of the sandbox, with the worker's rights. */
const links: readonly HostileCall[] = [
  {
    name: 'links can be laid',
    call: ({ bait }) =>
      bash(
        `ln -sfn ${bait.folder}/secret.txt door; ln -sfn ${bait.folder} out; ln -sfn .git/hooks hooks-door; ln -sfn ../../../../../../..${bait.folder}/secret.txt dots; ln -sfn /proc/self/environ environ; mkfifo pipe; echo kept >swap.txt; mkdir folder; echo kept >folder/secret.txt; echo laid`,
      ),
    evidence: /laid/,
  },
  ...(['door', 'dots', 'out/secret.txt', 'environ'] as const).flatMap((path): HostileCall[] => [
    {
      name: `nothing is read through ${path}`,
      call: () => calls('read', { path, from: null, lines: null }),
      evidence: outside,
    },
    {
      name: `nothing is written through ${path}`,
      call: () => calls('write', { path, content: 'evil' }),
      evidence: outside,
    },
    {
      name: `nothing is edited through ${path}`,
      call: () => calls('edit', { path, old: 's3cr3t', new: 'evil' }),
      evidence: outside,
    },
  ]),
  {
    name: 'nothing is patched through a link',
    call: () => calls('apply_patch', { patch: '*** Begin Patch\n*** Add File: out/new.txt\n+evil\n*** End Patch' }),
    evidence: outside,
    check: ({ bait }) => absent(`${bait.folder}/new.txt`),
  },
  {
    name: 'nothing is listed through a link',
    call: () => calls('list', { path: 'out', depth: 2 }),
    evidence: outside,
  },
  {
    name: 'nothing is searched through a link',
    call: () => calls('search', { pattern: 's3cr3t', path: 'out', glob: null }),
    evidence: outside,
  },
  {
    name: 'no hook is written through a link',
    call: () => calls('write', { path: 'hooks-door/pre-commit', content: '#!/bin/sh\ntouch /tmp/evil\n' }),
    evidence: /belongs to the repository data of git/,
  },
  {
    name: 'a pipe holds nobody up',
    call: () => calls('read', { path: 'pipe', from: null, lines: null }),
    evidence: /no ordinary file|not a file|pipe/,
  },
  {
    name: 'a file can be replaced by a link between two calls',
    call: ({ bait }) =>
      bash(
        `rm -r swap.txt folder; ln -s ${bait.folder}/secret.txt swap.txt; ln -s ${bait.folder} folder; echo swapped`,
      ),
    evidence: /swapped/,
  },
  {
    name: 'a file that became a link is not written through',
    call: () => calls('edit', { path: 'swap.txt', old: 'kept', new: 'evil' }),
    evidence: outside,
  },
  {
    name: 'a folder that became a link is not written through',
    call: () => calls('write', { path: 'folder/secret.txt', content: 'evil' }),
    evidence: outside,
  },
];

const resources: readonly HostileCall[] = [
  {
    name: 'a huge output is cut',
    call: () => bash('yes BOOM | head -c 200M; echo the end'),
    evidence: /\[\d+ bytes cut\][\s\S]*the end/,
  },
  {
    name: 'a fork bomb ends with its command',
    call: ({ bait }) =>
      bash(`exec -a ${bait.mark}-bomb bash -c 'bomb() { bomb | bomb & }; bomb; sleep 6; echo over'`, {
        timeoutSeconds: 60,
      }),
    evidence: /Resource temporarily unavailable/,
  },
  {
    name: 'a workspace that grows past its limit stops the command',
    call: () => bash('for n in 1 2 3 4 5 6 7 8; do fallocate -l 40M fill$n; done; sleep 10; echo BREACHED'),
    evidence: /grown past its disk limit/,
  },
  {
    name: 'what filled it can be removed',
    call: () => bash('rm -f fill* door out dots hooks-door environ pipe swap.txt folder; ls'),
    evidence: /exact\.txt/,
  },
];

/** In this order: some build on what those before them laid. */
export const hostileCalls: readonly HostileCall[] = [...reads, ...network, ...git, ...links, ...resources];
