import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { openBubblewrap, probeSandbox, type BubblewrapSeams } from '../../runner/sandbox/namespaces/bubblewrap.ts';
import { openContainer, probeContainer } from '../../runner/sandbox/container/container.ts';
import type { Sandbox } from '../../runner/sandbox/sandbox.ts';
import type { DriverAnswer, DriverRequest } from './driver-protocol.ts';

/** A worker that does nothing but what its standard input says, one JSON document a line: so that it can be started as any user. */
const sandboxes = new Map<number, Sandbox>();
const running = new Map<number, AbortController>();

for await (const line of createInterface({ input: process.stdin })) {
  // safe: only the test's own client writes here
  const request = JSON.parse(line) as DriverRequest;
  void perform(request).then(
    (value) => answer({ id: request.id, ...value }),
    (error: unknown) => answer({ id: request.id, threw: String(error) }),
  );
}

function answer(value: DriverAnswer): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function perform(request: DriverRequest): Promise<Omit<DriverAnswer, 'id'>> {
  switch (request.do) {
    case 'probe':
      return { value: await (request.container === null ? probeSandbox() : probeContainer(request.container)) };
    case 'open': {
      const { options, container } = request;
      const sandbox = await (container === null
        ? openBubblewrap(options, seams(request))
        : openContainer({ ...options, ...container }, seams(request)));
      if ('outcome' in sandbox) return { value: sandbox };
      sandboxes.set(request.id, sandbox);
      return { value: { outcome: 'ok' } };
    }
    case 'run': {
      const controller = new AbortController();
      running.set(request.id, controller);
      return { value: await sandboxes.get(request.sandbox)!.run(request.command, { signal: controller.signal }) };
    }
    case 'abort':
      running.get(request.run)?.abort();
      return { value: null };
    case 'close':
      await sandboxes.get(request.sandbox)?.[Symbol.asyncDispose]();
      return { value: null };
    default:
      return request satisfies never;
  }
}

function seams({ names, ports, quotaPollMs, path }: Extract<DriverRequest, { do: 'open' }>): BubblewrapSeams {
  return {
    quotaPollMs,
    ...(path === undefined ? {} : { path }),
    outside: {
      resolve: async (host) => names[host] ?? Promise.reject(new Error(`no such name: ${host}`)),
      dial: (_address, port) => connect({ host: '127.0.0.1', port: ports[port] ?? 1 }),
    },
  };
}
