import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** What windows that are tested together tell each other. */
export const Told = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('begun'),
    window: z.int(),
    runs: z.array(z.object({ run: z.string(), file: z.string() })),
  }),
  z.object({ kind: z.literal('ready'), window: z.int() }),
  z.object({ kind: z.literal('done'), step: z.int() }),
  /** Null: all went well. */
  z.object({ kind: z.literal('ended'), window: z.int(), failure: z.string().nullable() }),
]);
export type Told = z.infer<typeof Told>;

/** Of what was told. */
type Find<Found> = (told: readonly Told[]) => Found | null;

/** What was told so far, oldest first. */
class Heard {
  readonly told: Told[] = [];
  readonly #waiting = new Set<() => void>();

  hear(told: Told): void {
    this.told.push(told);
    for (const look of this.#waiting) look();
  }

  /** What is found, as soon as it is not null. Rejects once another window ended badly. */
  until<Found>(find: Find<Found>): Promise<Found> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find(this.told);
        const failed = this.told.find((told) => told.kind === 'ended' && told.failure !== null);
        if (found !== null) resolve(found);
        else if (failed !== undefined) reject(new Error('another window has failed'));
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

const hearFrom = (socket: Socket, hear: (told: Told) => void): void => {
  createInterface({ input: socket }).on('line', (line) => hear(Told.parse(JSON.parse(line))));
};
const lineOf = (told: Told): string => `${JSON.stringify(told)}\n`;

/** A place on a local socket where each hears all that anybody tells, also what was told before it came. */
export const openMeeting = async (socket: string): Promise<Heard & AsyncDisposable> => {
  const heard = new Heard();
  const present = new Set<Socket>();
  const server = createServer((one) => {
    for (const told of heard.told) one.write(lineOf(told));
    present.add(one);
    one.on('close', () => present.delete(one)).on('error', () => {});
    hearFrom(one, (told) => {
      heard.hear(told);
      for (const other of present) other.write(lineOf(told));
    });
  });
  server.listen(socket);
  await once(server, 'listening');
  return Object.assign(heard, {
    [Symbol.asyncDispose]: async () => {
      for (const one of present) one.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  });
};

/** Comes to a meeting. */
export const joinMeeting = async (
  socket: string,
): Promise<{
  readonly tell: (told: Told) => Promise<void>;
  readonly until: Heard['until'];
}> => {
  const heard = new Heard();
  const connection = connect(socket);
  await once(connection, 'connect');
  hearFrom(connection, (told) => heard.hear(told));
  return {
    tell: (told) => new Promise((resolve) => connection.write(lineOf(told), () => resolve())),
    until: (find) => heard.until(find),
  };
};
