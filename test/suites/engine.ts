import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../runner/control/engine/engine.ts';
import type { Ticket } from '../../shared/api/worker-api.ts';

interface EngineUnderTest extends AsyncDisposable {
  readonly engine: Engine;
}

/** Makes an engine with room for so many activations, whose workers behave as engine-child.ts does. */
export type MakeEngine = (options: { readonly workers: number }) => Promise<EngineUnderTest>;

/** What the engine says of a worker that exited by itself, and of one that was killed. */
export interface Reasons {
  readonly crash: string;
  readonly kill: string;
}

/** Where workers reach this process: loopback, or what a tunnel makes of it. */
const address = { host: process.env['LONGHAUL_SUITE_HOST'] ?? '127.0.0.1', url: process.env['LONGHAUL_SUITE_URL'] };

interface Began {
  readonly activation: string;
  readonly pid: number;
  /** What the worker does next: `end`, `crash`, `kill` or `stop` itself, or leave for any other reason. */
  readonly answer: (what: string) => void;
}

/** The other side of the workers: learns what they do, in order, and tells them what to do next. */
export const workersServer = async () => {
  const waiting: Began[] = [];
  const log: string[] = [];
  let changed = Promise.withResolvers<void>();
  const note = (what: string): void => {
    log.push(what);
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const server = createServer((request, response: ServerResponse) => {
    const [, what = '', activation = '', pid = ''] = (request.url ?? '').split('/');
    if (what === 'began') waiting.push({ activation, pid: Number(pid), answer: (text) => void response.end(text) });
    else response.end();
    note(`${what} ${activation}`);
  });
  server.listen(Number(process.env['LONGHAUL_SUITE_PORT'] ?? 0), address.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  return {
    url: address.url ?? `http://127.0.0.1:${port}`,
    log,
    note,
    until: async <Value>(look: () => Value | undefined): Promise<Value> => {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        await changed.promise;
      }
    },
    began: (activation: string): Began | undefined => waiting.find((each) => each.activation === activation),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const setUp = async (make: MakeEngine, workers: number) => {
  const server = await workersServer();
  const made = await make({ workers });
  const { engine } = made;
  // A real Trigger.dev remembers for weeks what it was once given.
  const own = randomBytes(8).toString('hex');
  const activation = (id: string): string => `act_${id}${own}`;
  const lost: { run: string; activation: string; reason: string }[] = [];
  engine.onLost((each) => {
    lost.push(each);
    server.note('lost');
  });
  engine.onFree(() => server.note('free'));
  return {
    engine,
    server,
    lost,
    activation,
    /** What a loss of that activation is reported as. */
    loss: (id: string, reason: string) => ({
      run: `run_${id}${own}`,
      activation: activation(id),
      reason: expect.stringContaining(reason) as string,
    }),
    ticket: (id: string, run = id): Ticket => ({
      run: `run_${run}${own}`,
      activation: activation(id),
      url: server.url,
      token: 'x',
    }),
    began: (id: string) => server.until(() => server.began(activation(id))),
    begun: () => server.log.filter((line) => line.startsWith('began')),
    heard: (line: string) => server.until(() => (server.log.includes(line) ? true : undefined)),
    freed: (times = 1) =>
      server.until(() => (server.log.filter((line) => line === 'free').length >= times ? true : undefined)),
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
};

/** What every engine owes its control plane. */
export const engineSuite = (name: string, make: MakeEngine, reasons: Reasons): void => {
  describe(`engine: ${name}`, () => {
    test('an activation reaches a worker, holds a slot and gives it back', async () => {
      await using set = await setUp(make, 2);
      expect(set.engine.capacity()).toBe(2);
      await set.engine.dispatch(set.ticket('aaaa'));
      expect(set.engine.capacity()).toBe(1);
      (await set.began('aaaa')).answer('end');
      await set.freed();
      expect(set.engine.capacity()).toBe(2);
      expect(set.lost).toEqual([]);
    });

    test('dispatching the same activation again does nothing, even when it is over', async () => {
      await using set = await setUp(make, 2);
      await Promise.all([set.engine.dispatch(set.ticket('aaaa')), set.engine.dispatch(set.ticket('aaaa'))]);
      expect(set.engine.capacity()).toBe(1);
      (await set.began('aaaa')).answer('end');
      await set.freed();
      await set.engine.dispatch(set.ticket('aaaa'));
      expect(set.engine.capacity()).toBe(2);
      await set.engine.dispatch(set.ticket('bbbb'));
      await set.began('bbbb');
      expect(set.begun()).toEqual([`began ${set.activation('aaaa')}`, `began ${set.activation('bbbb')}`]);
    });

    test('it says which activations of a run it has, from the moment that it is given them', async () => {
      await using set = await setUp(make, 2);
      const dispatched = set.engine.dispatch(set.ticket('aaaa'));
      expect(set.engine.having(set.ticket('aaaa').run)).toEqual([set.activation('aaaa')]);
      await dispatched;
      (await set.began('aaaa')).answer('end');
      await set.freed();
      expect(set.engine.having(set.ticket('aaaa').run)).toEqual([]);
      expect(set.engine.having('run_none')).toEqual([]);
    });

    test('to stop in good order reports no loss', async () => {
      const set = await setUp(make, 1);
      {
        await using stopped = set;
        await stopped.engine.dispatch(set.ticket('aaaa'));
        await stopped.began('aaaa');
      }
      expect(set.lost).toEqual([]);
    });

    test('a cancelled activation is left, and is nobody’s loss', async () => {
      await using set = await setUp(make, 1);
      await set.engine.dispatch(set.ticket('aaaa'));
      await set.began('aaaa');
      set.engine.cancel(set.activation('aaaa'));
      set.engine.cancel(set.activation('aaaa'));
      set.engine.cancel('act_unknown');
      await set.freed();
      await set.heard(`cancelled ${set.activation('aaaa')}`);
      expect(set.lost).toEqual([]);
      expect(set.engine.capacity()).toBe(1);
    });

    test('an activation that is cancelled before a worker has it never begins', async () => {
      await using set = await setUp(make, 1);
      const dispatched = set.engine.dispatch(set.ticket('aaaa'));
      set.engine.cancel(set.activation('aaaa'));
      await dispatched;
      await set.freed();
      await set.engine.dispatch(set.ticket('bbbb'));
      await set.began('bbbb');
      expect(set.begun()).toEqual([`began ${set.activation('bbbb')}`]);
      expect(set.lost).toEqual([]);
    });

    test('a worker that crashes is reported at once, and replaced', async () => {
      await using set = await setUp(make, 1);
      await set.engine.dispatch(set.ticket('aaaa'));
      (await set.began('aaaa')).answer('crash');
      await set.freed();
      expect(set.lost).toEqual([set.loss('aaaa', reasons.crash)]);
      await set.engine.dispatch(set.ticket('bbbb'));
      (await set.began('bbbb')).answer('end');
      await set.freed(2);
      expect(set.lost).toHaveLength(1);
    });

    test('a worker that is killed is reported once', async () => {
      await using set = await setUp(make, 1);
      await set.engine.dispatch(set.ticket('aaaa'));
      (await set.began('aaaa')).answer('kill');
      await set.freed();
      expect(set.lost).toEqual([set.loss('aaaa', reasons.kill)]);
    });

    test('an activation that its worker left without ending it is lost', async () => {
      await using set = await setUp(make, 1);
      await set.engine.dispatch(set.ticket('aaaa'));
      (await set.began('aaaa')).answer('the control plane does not answer');
      await set.freed();
      expect(set.lost).toEqual([set.loss('aaaa', 'the control plane does not answer')]);
    });

    test('a run gets its next worker, even where the one before was stopped in its tracks', async () => {
      await using set = await setUp(make, 2);
      await set.engine.dispatch(set.ticket('aaaa', 'same'));
      const stopped = await set.began('aaaa');
      stopped.answer('stop');
      set.engine.cancel(set.activation('aaaa'));
      await set.engine.dispatch(set.ticket('bbbb', 'same'));
      const next = await set.began('bbbb');
      expect(next.pid).not.toBe(stopped.pid);
      expect(set.lost).toEqual([]);
    });
  });
};
