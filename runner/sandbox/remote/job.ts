import { confinedShell, minimalEnvironment } from '../confined-shell.ts';
import { manifestWords } from './manifest.ts';
import { sandboxRoot, type SandboxCommand, type SandboxLimits } from '../sandbox.ts';

/** Root's on the machine; commands cannot enter it. */
const base = '/run/longhaul';
/** What is brought for a command, and what is taken back after it. */
export const bundleFile = `${base}/up.tar.gz`;
export const packFile = `${base}/pack.gz`;

const home = '/home/agent';
/** Of commands. Far from what images give to people. */
export const agentId = 61_000;

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

const asAgent = `setpriv --reuid=${agentId} --regid=${agentId} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs --`;
/** The kernel ends them all in one go. */
const endAll = `${asAgent} sh -c 'kill -9 -1' 2>/dev/null`;

/** Run once on a new machine: makes the user of commands and the folders. What is missing is said, with exit code 3. */
export const setUp = `export LC_ALL=C
[ "$(id -u)" = 0 ] || { echo 'commands of Longhaul are not root there'; exit 3; }
for each in awk comm find gzip mkfifo prlimit setpriv sort tar xargs; do
  command -v $each >/dev/null || { echo "its image has no $each"; exit 3; }
done
find --version | grep -q GNU || { echo 'its image has no GNU find'; exit 3; }
grep -q '^agent:' /etc/passwd || echo 'agent:x:${agentId}:${agentId}::${home}:/bin/bash' >>/etc/passwd
grep -q '^agent:' /etc/group || echo 'agent:x:${agentId}:' >>/etc/group
mkdir -p ${sandboxRoot} ${home} && mkdir -p -m 0700 ${base} && chmod 0700 ${base} || exit 3
chown ${agentId}:${agentId} ${sandboxRoot} ${home} && chmod 0700 ${sandboxRoot} ${home} || exit 3
${asAgent} true || exit 3
uname -m`;

/** Starts what the bundle brought. */
export const start = `cd ${base} && rm -rf job && mkdir job && tar -xzf ${bundleFile} -C job && exec bash job/job.sh`;

/** Ends the command of a job that has been started, or is about to be. */
export const stop = (id: string): string =>
  `cd ${base} && touch stopped-${id} && for _ in $(seq 200); do ${endAll}; [ -e done-${id} ] && exit 0; sleep 0.05; done; exit 1`;

const manifest = `find ${sandboxRoot} ${manifestWords.map(quote).join(' ')} | sort -z`;

export interface Job {
  /** Of letters and digits. */
  readonly id: string;
  readonly command: SandboxCommand;
  readonly limits: SandboxLimits;
  /** Whether the bundle brings files: `tree.tar`, and `gone` with paths, each ended by NUL. */
  readonly brings: 'nothing' | 'changes' | 'everything';
  readonly quotaSeconds: number;
}

/**
 * The script of one command: brings the tree up to date, runs the command as its user, ends what it left behind, and packs what it changed.
 * The pack is a list of sections, each a line `name bytes` and that many bytes.
 */
export function jobScript({ id, command, limits, brings, quotaSeconds }: Job): string {
  const half = Math.floor(command.maxOutputBytes / 2);
  return [
    `export LC_ALL=C; cd ${base}; rm -f done-*`,
    ...(brings === 'everything' ? [`find ${sandboxRoot} -mindepth 1 -delete`] : []),
    ...(brings === 'nothing' ? [] : [takeIn]),
    // Shared folders and the home hold nothing of the command before.
    `find /tmp /var/tmp /dev/shm -mindepth 1 -maxdepth 1 -uid ${agentId} -exec rm -rf -- {} + 2>/dev/null; find ${home} -mindepth 1 -delete; chmod 0700 ${home}`,
    'cd job; mkfifo count',
    `nameless() { find -L /proc/[0-9]*/fd -maxdepth 1 -type f -links 0 -printf '%D %i %b\\n' 2>/dev/null | sort -u | awk -v dev="$(stat -c %d ${sandboxRoot})" '$1 == dev { sum += $3 * 512 } END { printf "%.0f", sum }'; }`,
    `used() { { du -s --block-size=1 ${sandboxRoot}; du -s --inodes ${sandboxRoot} | awk '{ print $1 * 4096 }'; } 2>/dev/null | sort -n | awk '{ most = $1 } END { printf "%.0f\\n", most }'; }`,
    `limit() { [ "$(($(used) + $(nameless)))" -gt ${limits.workspaceBytes} ] && touch limit; }`,
    `(while sleep ${quotaSeconds}; do limit && { ${endAll}; }; [ -e code ] && exit; done) </dev/null >/dev/null 2>&1 & watch=$!`,
    // What stays on the shell's own stderr is its remark on how the command ended. A pipe of root's could not be opened anew as /dev/stdout.
    `{ chown ${agentId} /proc/self/fd/1; [ -e ../stopped-${id} ] || ${asAgent} ${words(command, limits)} </dev/null 2>&1; echo $? >code; ${endAll}; } 2>/dev/null |`,
    `  { head -c ${half} >head; wc -c <count >rest & tee count | tail -c ${command.maxOutputBytes - half} >tail; wait; }`,
    'kill $watch 2>/dev/null; wait $watch 2>/dev/null',
    `${endAll}; limit`,
    packUp(limits.workspaceBytes),
    `rm -f ../stopped-*; touch ../done-${id}`,
  ].join('\n');
}

const takeIn = `(cd ${sandboxRoot} && xargs -0r rm -rf -- <${base}/job/gone && tar -xpf ${base}/job/tree.tar --numeric-owner) || exit 4
# So that no time of a file here is that of a change to come.
sleep 0.02; ${manifest} >manifest`;

const packUp = (workspaceBytes: number): string => `${manifest} >after
comm -z -13 ../manifest after >changed
comm -z -23 ../manifest after >before
path='s/^. [0-9]* [0-9]* [0-9.]* [0-9]* //'
sed -z "$path" <before | sort -z >before.paths
sed -z "$path" <changed | sort -z >changed.paths
comm -z -23 before.paths changed.paths >gone.out
grep -z '^l' <changed | sed -z "$path" | (cd ${sandboxRoot} && xargs -0r readlink -z --) >links
bytes=$(grep -z '^f' <changed | cut -z -d ' ' -f 3 | tr '\\0' '\\n' | awk '{ sum += $1 } END { printf "%.0f", sum }')
[ "\${bytes:-0}" -gt ${workspaceBytes} ] && touch limit
[ -e limit ] && : >changed && : >links && : >gone.out
mv after ../manifest
{
  for each in code limit head rest tail gone.out changed links; do
    [ -e $each ] && echo "$each $(stat -c %s $each)" && cat $each
  done
  [ -e limit ] && bytes=0
  echo "content \${bytes:-0}"
  grep -z '^f' <changed | sed -z "$path" | (cd ${sandboxRoot} && xargs -0r cat --)
} | gzip -1 >${packFile}`;

function words(command: SandboxCommand, limits: SandboxLimits): string {
  const { PATH: _path, ...environment } = minimalEnvironment({ toolchains: [], home: home, proxyPort: null });
  const variables = Object.entries({ ...environment, PWD: sandboxRoot }).map(([name, value]) => `${name}=${value}`);
  const before = ['/usr/bin/env', '-i', 'PATH=', ...variables];
  return confinedShell({ command, cwd: sandboxRoot, limits, prlimit: 'prlimit', before, egress: null })
    .map((word) => (word === 'PATH=' ? '"PATH=$PATH"' : quote(word)))
    .join(' ');
}
