import { spawn, type ChildProcess } from 'node:child_process';
import type { Hold } from '../run/ports/hold.ts';

/**
 * Ends this process when its lease is almost over and was not renewed, even if it stands still (SIGSTOP, a debugger, a disk that
 * hangs): a process of its own, in a session of its own. Commands that namespaces confine die with their worker; those that a
 * container confines are ended by it, also when the worker was ended by somebody else. And what bubblewrap leaves behind where it is killed
 * while it begins: a process that waits for its parent and never hears that it is gone.
 */
export interface Watchdog {
  /** Watches over one lease, until the returned value is disposed. One at a time. `folder`: what its sandboxes are made in. */
  watch(hold: Hold, folder: string): Watch;
}

interface Watch extends Disposable {
  /** The processes of this user, who has no others than the run's, end with the worker. */
  endAlso(user: { readonly uid: number }): void;
}

/**
 * Reads lines `DEADLINE LATE UID FOLDER`: hundredths of a second since boot; how many more are a sign that this process stood still, too; whose
 * processes are to end as well, 0: nobody's; and whose sandboxes. A deadline of 0 stands for no lease. Where it stood still itself, the
 * machine has: its worker has a moment to ask whether it still has the run. A line that is cut by a
 * deadline is read on, and no rc file is: bash takes a socket for a login from elsewhere. Written for bash, which starts in 3 ms and takes 3 MB: there is one for each worker.
 */
const script = String.raw`
worker=$1 deadline=0 late=0 user=0 folder= part=
end_orphans() {
  local status key first second name parent inside above words
  for status in /proc/[0-9]*/status; do
    name= parent= inside= above=
    while read -r key first second _; do
      case $key in Name:) name=$first ;; PPid:) parent=$first ;; NSpid:) inside=$second ;; esac
    done <"$status"
    [ "$name" = bwrap ] && [ "$inside" = 1 ] || continue
    read -r above <"/proc/$parent/comm"
    mapfile -d '' -t words <"${'${status%status}cmdline'}"
    [ "$above" != bwrap ] && [[ " ${'${words[*]}'}" == *" $folder/"* ]] && kill -KILL "${'${status//[!0-9]/}'}"
  done 2>/dev/null
}
end_user() {
  [ "$user" -gt 0 ] && /usr/bin/setpriv --reuid="$user" --regid="$user" --clear-groups /bin/sh -c 'kill -9 -1'
}
while :; do
  if [ "$deadline" = 0 ]; then
    read -r line || break
  else
    read -r up _ </proc/uptime
    left=$((deadline - 10#${'${up/./}'}))
    if [ $left -le $((-late)) ] && [ "$late" -gt 0 ]; then left=$((3 * late)) deadline=$((10#${'${up/./}'} + left)) late=0; fi
    [ $left -gt 0 ] || { kill -KILL "$worker"; break; }
    printf -v wait '%d.%02d' $((left / 100)) $((left % 100))
    read -r -t "$wait" line
    code=$?
    [ $code -gt 128 ] && { part+=$line; continue; }
    [ $code = 0 ] || break
  fi
  read -r deadline late user folder <<<"$part$line"
  part=
done
end_user
[ -n "$folder" ] || exit
# Its parent is still there for a moment.
for _ in 1 2 3; do sleep 0.3; end_orphans; done
`;

/** Null where the system has no /proc: there the worker's own clock must do. */
export const startWatchdog = (): Watchdog | null => {
  if (process.platform !== 'linux') return null;
  let child: ChildProcess | null = null;
  let closing = false;
  let last = '0 0 0 ';
  const start = (): ChildProcess => {
    const started = spawn('/bin/bash', ['--norc', '-c', script, 'longhaul-watchdog', String(process.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: {},
      cwd: '/',
    });
    started.unref();
    // A pipe that is written to keeps nothing alive by itself.
    (started.stdin as unknown as { unref?: () => void }).unref?.(); // safe: a socket of node's, as all its pipes are
    started.stdin?.on('error', () => {});
    started.once('error', () => (child = null));
    // Whoever ended it did so for no reason that this worker knows.
    started.once('exit', () => {
      child = null;
      if (!closing) tell(last);
    });
    return started;
  };
  const tell = (line: string): void => {
    last = line;
    if (line === '0 0 0 ' && child === null) return;
    child ??= start();
    child.stdin?.write(`${line}\n`);
  };
  process.once('exit', () => (closing = true));
  child = start();
  return {
    watch: (hold, named) => {
      // A line is one line.
      const folder = named.includes('\n') ? '' : named;
      let over = false;
      let deadline = 0;
      let late = 0;
      let user = 0;
      hold.onRenewal(({ kill, end }) => {
        deadline = Math.floor(kill / 10);
        late = Math.ceil((end - kill) / 10);
        if (!over) tell(`${deadline} ${late} ${user} ${folder}`);
      });
      return {
        endAlso: ({ uid }) => {
          user = uid;
          if (deadline > 0) tell(`${deadline} ${late} ${user} ${folder}`);
        },
        [Symbol.dispose]: () => {
          over = true;
          tell('0 0 0 ');
        },
      };
    },
  };
};
