import { execFile } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { promisify } from 'node:util';
import type { ContainerNetwork } from '../../../shared/api/worker-api.ts';
import type { ContainerPrograms } from './arguments.ts';
import { isFolder } from '../host-programs.ts';
import { refused, type SandboxOptions, type SandboxRefusal } from '../sandbox.ts';

/** Looks at what was asked for, before anything of the container is touched. Null: it can be done. */
export async function unfitForContainer(options: SandboxOptions): Promise<SandboxRefusal | null> {
  const { workspace, scratch, user, readable } = options;
  const worker = process.getuid?.();
  if (process.platform !== 'linux')
    return refused(`a container confines on Linux only, not on ${process.platform}`, 'run the worker on Linux');
  if (worker !== 0)
    return refused(
      `the worker runs as user ${worker}, and commands would run as the same: they could read its keys in /proc and change its files`,
      'start the worker as root, so that its commands run as a user of their own, or choose the isolation namespaces, e2b or daytona',
    );
  if (user === null || user.uid === 0 || user.gid === 0)
    return refused('commands never run as root or in its group', 'name a user for commands');
  const account = await accountOf(user.uid);
  if (account !== null && account !== accountName)
    return refused(
      `user ${user.uid} is ${account}'s, and every process of the user of commands is ended after each command`,
      'choose a sandbox.uidBase that is far from the users of this container',
    );
  for (const path of [workspace, scratch, ...readable])
    if (!isAbsolute(path) || !(await isFolder(path)))
      return refused(`${path} is no folder that the worker can see`, 'create it, or take it out of the configuration');
  return null;
}

/** What commands can reach all the same, for people who choose this isolation. */
export const leftOpen = (network: 'cut' | ContainerNetwork): readonly string[] => [
  "files and unix sockets of the container that every user of it may use, and its processes' names",
  'the .git of their own copy, hooks and configuration too; nothing outside of the container runs them',
  'a home and temporary files up to twice their limit together, looked at twice a second',
  ...(network === 'cut'
    ? []
    : ['the network that the container has; HTTP goes through the proxy if the program keeps to its settings']),
];

const accounts = '/etc/passwd';
/** The name that commands have of their user. */
const accountName = 'agent';

async function accountOf(uid: number): Promise<string | null> {
  const lines = (await readFile(accounts, 'utf8').catch(() => '')).split('\n');
  return lines.find((line) => line.split(':')[2] === String(uid))?.split(':')[0] ?? null;
}

/** Programs ask for the name of their user. */
export async function nameUser({ uid, gid }: NonNullable<SandboxOptions['user']>): Promise<void> {
  if ((await accountOf(uid)) === null)
    await appendFile(accounts, `${accountName}:x:${uid}:${gid}:commands of Longhaul:/nonexistent:/bin/bash\n`);
}

/** Whether commands can be given a network of their own, with nothing in it; otherwise, what unshare said. */
export async function canCutNetwork({ unshare }: ContainerPrograms): Promise<{ readonly complaint: string | null }> {
  try {
    await promisify(execFile)(unshare, ['--net', '--', 'true'], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } });
    return { complaint: null };
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    return { complaint: said };
  }
}

export const networkUnstated = (complaint: string): SandboxRefusal =>
  refused(
    `the network cannot be cut here (${complaint}), and nothing says what this container's own network reaches`,
    'set sandbox.containerNetwork: "none" if it reaches nothing but what the worker needs, or "open" if commands may reach all that it does',
  );

/**
 * What a command sees that it must not: prints a line for each, then "looked". Environments of processes that are not its user's own;
 * files of /run/secrets, where container platforms put tokens.
 */
export const lookAround = String.raw`perl -e 'for my $folder (glob "/proc/[0-9]*") {
  open(my $status, "<", "$folder/status") or next; local $/;
  my ($owner) = <$status> =~ /^Uid:\t(\d+)/m; next if !defined $owner || $owner == $<;
  my ($pid) = $folder =~ /(\d+)/;
  if (open(my $in, "<", "$folder/environ")) { print "the environment of process $pid\n" if length(<$in> // "") }
}'
for folder in /run/secrets /var/run/secrets; do
  [ -d $folder ] && find -L $folder -type f -readable -print -quit 2>/dev/null
done
grep -q '^NoNewPrivs:.1$' /proc/self/status || echo 'programs with more rights'
grep -q '^Seccomp:.2$' /proc/self/status || echo 'every system call'
grep -q '^CapEff:.0*$' /proc/self/status || echo 'capabilities'
echo looked`;

/** The verdict on what `lookAround` printed. Null: commands are confined as they should be. */
export function judgeLook(output: string): SandboxRefusal | null {
  const lines = output.trim().split('\n');
  if (lines.at(-1) !== 'looked') return refused(`the first command failed: ${output.trim()}`, 'look at what it says');
  const [seen] = lines.slice(0, -1);
  if (seen === undefined) return null;
  return refused(
    `commands could reach ${seen}`,
    seen.startsWith('/')
      ? 'let only root read it, or do not mount it: with Kubernetes, automountServiceAccountToken: false'
      : 'run this container under a runtime that keeps users apart, or choose the isolation e2b or daytona',
  );
}
