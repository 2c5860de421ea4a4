import { readFile } from 'node:fs/promises';

/** What a process says of itself in /proc, or nothing where it is gone. */
const read = (pid: number, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

/** Bytes of memory that a process has in RAM. */
export const residentBytes = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(await read(pid, 'status'))?.[1]) * 1024;

/** Ms of CPU that a process has used, to 10 ms. */
export const cpuMs = async (pid: number): Promise<number> => {
  const fields = (await read(pid, 'stat')).split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Every process below one, its children's children too, in the order of their ids. */
export const descendants = async (pid: number): Promise<number[]> => {
  const children = (await read(pid, `task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
  const below = await Promise.all(children.map(descendants));
  return [...children, ...below.flat()].sort((a, b) => a - b);
};

/** What makes a runner one whose inside can be looked at. */
export const inspectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const;

/** Timers of node's HTTP server and of event streams: they last as long as a connection does. */
const ofConnections = /checkConnections|resetCache|onStreamTimeout|event: ping/;

/**
 * The timers that are set in a runner for half a second or more, whether or not they keep the process alive, less those
 * of connections: each as its delay in ms and what it calls. `log` is what the runner wrote, which says where it can be
 * inspected.
 */
export const timersIn = async (log: string): Promise<string[]> => {
  const url = [...log.matchAll(/Debugger listening on (ws:\S+)/g)].at(-1)?.[1];
  if (url === undefined) throw new Error('the runner cannot be inspected');
  const socket = new WebSocket(url);
  const answers = new Map<number, (result: Record<string, unknown>) => void>();
  socket.addEventListener('message', ({ data }) => {
    // safe: the inspector's protocol
    const { id, result } = JSON.parse(String(data)) as { id?: number; result: Record<string, unknown> };
    if (id !== undefined) answers.get(id)?.(result);
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  let count = 0;
  const ask = <Result>(method: string, params: object): Promise<Result> => {
    const id = (count += 1);
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => answers.set(id, (result) => resolve(result as Result))); // safe: as above
  };
  const prototype = await ask<{ result: { objectId: string } }>('Runtime.evaluate', {
    expression: '(() => { const one = setTimeout(() => {}); clearTimeout(one); return one.constructor.prototype; })()',
  });
  const all = await ask<{ objects: { objectId: string } }>('Runtime.queryObjects', {
    prototypeObjectId: prototype.result.objectId,
  });
  const timers = await ask<{ result: { value: string[] } }>('Runtime.callFunctionOn', {
    objectId: all.objects.objectId,
    returnByValue: true,
    functionDeclaration: `function () {
      return this.filter((timer) => !timer._destroyed && timer._idleTimeout >= 500)
        .map((timer) => timer._idleTimeout + ' ' + timer._onTimeout?.name + ' ' + timer._onTimeout);
    }`,
  });
  socket.close();
  return timers.result.value.filter((timer) => !ofConnections.test(timer));
};
