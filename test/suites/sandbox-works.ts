import type { SandboxResult } from '../../runner/sandbox/sandbox.ts';

/** What a developer's tools need and a sandbox must not break. The script exits 0 and its output matches. */
export interface Works {
  readonly name: string;
  readonly script: string;
  readonly output: RegExp;
  readonly network?: readonly string[];
}

const registry = 'allowed.example.test';

export const mustStillWork: readonly Works[] = [
  {
    name: 'git commits',
    script:
      'echo work >work.txt && git add work.txt && git -c user.name=agent -c user.email=agent@localhost commit -q -m work && git log --oneline | head -n 1 && git status --short | wc -l',
    output: /work\n0\n/,
  },
  {
    name: 'node talks to a child process',
    script: `cat >/tmp/ipc.mjs <<'EOT'
import { fork } from 'node:child_process';
if (process.send) { process.on('message', (text) => { process.send('heard ' + text); process.disconnect(); }); }
else { const child = fork(process.argv[1]); child.on('message', console.log); child.send('hello'); }
EOT
node /tmp/ipc.mjs`,
    output: /heard hello/,
  },
  {
    name: 'a server listens on loopback, with and without network',
    script: `node -e 'const s = require("http").createServer((q, a) => a.end("served " + q.url)); s.listen(0, "localhost", async () => { console.log(await (await fetch("http://localhost:" + s.address().port + "/here")).text()); s.close(); })'`,
    output: /served \/here/,
  },
  {
    name: 'a server listens on loopback while a proxy is set',
    script: `node -e 'const s = require("http").createServer((q, a) => a.end("served " + q.url)); s.listen(0, "127.0.0.1", async () => { console.log(await (await fetch("http://127.0.0.1:" + s.address().port + "/here")).text()); s.close(); })'`,
    output: /served \/here/,
    network: [registry],
  },
  {
    name: 'a unix socket of its own is reached',
    script:
      // The file is there a moment before anybody listens at it.
      'socat UNIX-LISTEN:/tmp/own.sock EXEC:"echo own" & until socat -u UNIX-CONNECT:/tmp/own.sock - 2>/dev/null; do :; done; wait',
    output: /own/,
  },
  {
    name: 'threads, pipes, temporary files and a home work',
    script: `node -e 'new (require("worker_threads").Worker)("console.log(1 + 1)", { eval: true })' | cat; t=$(mktemp) && echo ok >$t && cp $t ~ && cat ~/tmp.*; whoami`,
    output: /2\nok\nagent\n/,
  },
  {
    name: 'npm installs a package through the proxy',
    script: `mkdir /tmp/p && cd /tmp/p && echo '{}' >package.json && npm install --registry=http://${registry}/ --no-audit --no-fund --no-update-notifier left 2>&1 && node -p 'require("left")'; tail -n 40 ~/.npm/_logs/*.log 2>/dev/null | grep -i error; cat node_modules/left/index.js`,
    output: /from the registry/,
    network: [registry],
  },
  {
    name: 'fetch reaches an allowed host by https and by http',
    script: `node -e '(async () => { for (const url of ["https://${registry}/hello", "http://${registry}/hello"]) console.log(url, await (await fetch(url)).text()); })()'`,
    output: /https:\S+ hello from tls\nhttp:\S+ hello from http\n/,
    network: [registry],
  },
  {
    name: 'python runs threads, processes, sockets and temporary files',
    script: `PY=$(command -v /usr/bin/python3) || { echo no python; exit 0; }; $PY - <<'EOT'
import asyncio, multiprocessing, os, select, signal, socket, subprocess, tempfile, threading, time, mmap
a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'
t = threading.Thread(target=time.sleep, args=(0.01,)); t.start(); t.join()
assert subprocess.run(['echo', 'sub'], capture_output=True).stdout == b'sub\\n'
child = multiprocessing.Process(target=os.getpid); child.start(); child.join(); assert child.exitcode == 0
m = mmap.mmap(-1, 4096); m[0] = 1
with tempfile.TemporaryFile() as f: os.posix_fallocate(f.fileno(), 0, 4096)
e = select.epoll(); e.register(a); e.poll(0); os.sched_getaffinity(0); os.nice(1); os.getrandom(8); os.memfd_create('m')
async def main(): await asyncio.sleep(0.01)
asyncio.run(main()); signal.setitimer(signal.ITIMER_REAL, 0); print('python works')
EOT`,
    output: /no python|python works/,
  },
  {
    name: 'a compiler, threads and the sanitizers work',
    script: `command -v gcc >/dev/null || { echo no gcc; exit 0; }; cd /tmp; cat >a.c <<'EOT'
#include <pthread.h>
#include <stdlib.h>
#include <stdio.h>
static void *run(void *text) { puts(text); return NULL; }
int main(void) { pthread_t t; char *p = malloc(8); p[0] = 1; free(p); pthread_create(&t, NULL, run, "threads work"); pthread_join(t, NULL); return 0; }
EOT
gcc a.c -o a -pthread && ./a && for each in address thread undefined; do gcc -fsanitize=$each a.c -o $each -pthread 2>/dev/null || { echo no $each; continue; }; ASAN_OPTIONS=detect_leaks=0 ./$each && echo $each works || echo $each BROKEN; done; grep -v BROKEN <<<"$(ls)" >/dev/null`,
    output: /no gcc|^threads work\n(?![\s\S]*BROKEN)/,
  },
  {
    name: 'a JVM reaches an allowed host, and loopback without the proxy',
    script: `command -v javac >/dev/null || { echo no java; exit 0; }; cd /tmp; cat >N.java <<'EOT'
public class N { public static void main(String[] a) throws Exception {
  System.out.println(new String(new java.net.URL("http://${registry}/hello").openStream().readAllBytes()));
  var own = com.sun.net.httpserver.HttpServer.create(new java.net.InetSocketAddress("127.0.0.1", 0), 0);
  own.createContext("/", x -> { x.sendResponseHeaders(200, 3); x.getResponseBody().write("own".getBytes()); x.close(); }); own.start();
  System.out.println(new String(new java.net.URL("http://127.0.0.1:" + own.getAddress().getPort() + "/").openStream().readAllBytes())); own.stop(0);
} }
EOT
java N.java`,
    output: /no java|hello from http\s+own/,
    network: [registry],
  },
  {
    name: 'java starts and runs threads',
    script: `command -v java >/dev/null || { echo no java; exit 0; }; cd /tmp; echo 'public class H { public static void main(String[] a) { System.out.println(new java.security.SecureRandom() != null); } }' >H.java; command -v javac >/dev/null || { echo no java; exit 0; }; javac H.java && java H`,
    output: /no java|^true$/m,
  },
];

/** Null when it worked; otherwise one sentence. */
export function judgeWorks({ output }: Works, result: SandboxResult): string | null {
  return result.outcome === 'exited' && result.exitCode === 0 && output.test(result.output)
    ? null
    : `${result.outcome} ${result.exitCode}:\n${result.output}`;
}
