import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHello, takeHello } from './hello.ts';
import { clientHello } from './fixture.ts';

const never = new AbortController().signal;

/** The same message in records of so many bytes. */
const inRecords = (hello: Buffer, bytes: number): Buffer => {
  const message = hello.subarray(5);
  const records = Array.from({ length: Math.ceil(message.length / bytes) }, (_, index) => {
    const part = message.subarray(index * bytes, (index + 1) * bytes);
    return Buffer.concat([Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part]);
  });
  return Buffer.concat(records);
};

/** Of a client that is not this program's own; an empty name: it names none. */
const byOpenssl = (server: string, newest = 'TLSv1_3'): Buffer =>
  execFileSync('python3', ['-c', openssl, server, newest]);
const openssl = `import ssl, sys
context = ssl.create_default_context()
context.check_hostname = False
context.maximum_version = ssl.TLSVersion[sys.argv[2]]
out = ssl.MemoryBIO()
client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=sys.argv[1] or None)
try: client.do_handshake()
except ssl.SSLWantReadError: sys.stdout.buffer.write(out.read())`;

describe('the first message of a TLS client', () => {
  test.each<{ who: string; hello: () => Promise<Buffer>; name: string | null }>([
    { who: 'Node', hello: () => clientHello('Registry.Example.org'), name: 'registry.example.org' },
    { who: 'Node, of no name', hello: () => clientHello(''), name: null },
    { who: 'openssl', hello: async () => byOpenssl('a.example.org'), name: 'a.example.org' },
    { who: 'openssl, of no name', hello: async () => byOpenssl(''), name: null },
    { who: 'openssl, of TLS 1.2', hello: async () => byOpenssl('b.test', 'TLSv1_2'), name: 'b.test' },
  ])('names the server that it wants: $who', async ({ hello, name }) => {
    expect(readHello(await hello())).toEqual({ kind: 'hello', name });
  });

  test('is read however it is cut, and not before it is whole', async () => {
    const hello = await clientHello('registry.example.org');
    for (const bytes of [100, 500, 16_384]) {
      const cut = inRecords(hello, bytes);
      expect(readHello(cut)).toEqual({ kind: 'hello', name: 'registry.example.org' });
      const kinds = Array.from({ length: cut.length }, (_, length) => readHello(cut.subarray(0, length)).kind);
      expect(new Set(kinds)).toEqual(new Set(['more']));
    }
    // Nobody sends it so; looking at it must cost nothing either.
    expect(readHello(inRecords(hello, 1))).toEqual({ kind: 'other' });
  });

  test.each([
    ['another protocol', Buffer.from('SSH-2.0-x\r\n')],
    ['an answer', Buffer.from([22, 3, 1, 0, 5, 2, 0, 0, 1, 0])],
    ['a record of nothing', Buffer.from([22, 3, 1, 0, 0])],
    ['a record that is too long', Buffer.from([22, 3, 1, 255, 255])],
    ['a message of lengths that do not fit', Buffer.from([22, 3, 1, 0, 8, 1, 0, 0, 4, 3, 3, 0, 0])],
  ])('is not %s', (_what, bytes) => {
    expect(readHello(bytes)).toEqual({ kind: 'other' });
  });

  test('with two names is none', async () => {
    const hello = await clientHello('a.example.org');
    // One name of 13 bytes in the same room as two of 5: 1 + 2 + 5, twice.
    const at = hello.indexOf('a.example.org');
    const two = Buffer.concat([
      Buffer.from([0, 5]),
      Buffer.from('a.org'),
      Buffer.from([0, 0, 5]),
      Buffer.from('b.org'),
    ]);
    expect(two.length).toBe(2 + 13);
    two.copy(hello, at - 2);
    expect(readHello(hello)).toEqual({ kind: 'other' });
  });

  test('is never held without end, and nothing that comes in its place throws', async () => {
    expect(
      readHello(inRecords(Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 1, 255, 255, 255]), Buffer.alloc(60_000)]), 9000)),
    ).toEqual({
      kind: 'other',
    });
    const hello = await clientHello('registry.example.org');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const changed = Buffer.from(hello);
        for (const [at, byte] of changes) changed[at] = byte;
        expect(['more', 'hello', 'other']).toContain(readHello(changed).kind);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a stream', () => {
  test('is paused behind the message, with nothing lost', async () => {
    const hello = await clientHello('registry.example.org');
    const stream = new PassThrough();
    const taken = takeHello(stream, hello.subarray(0, 100), never);
    for (const byte of hello.subarray(100)) stream.write(Buffer.from([byte]));
    stream.write('and more');
    const { hello: read, bytes } = await taken;
    stream.end();
    expect(read).toEqual({ kind: 'hello', name: 'registry.example.org' });
    const rest: Buffer[] = await stream.toArray();
    expect(Buffer.concat([bytes, ...rest])).toEqual(Buffer.concat([hello, Buffer.from('and more')]));
  });

  test.each([
    ['ends', (stream: PassThrough) => void stream.end('x'.slice(1))],
    ['is closed', (stream: PassThrough) => void stream.destroy()],
    ['says nothing', () => {}],
  ])('that %s has said nothing', async (_how, then) => {
    const stream = new PassThrough();
    const taken = takeHello(stream, Buffer.alloc(0), AbortSignal.timeout(50));
    then(stream);
    expect((await taken).hello).toEqual({ kind: 'other' });
  });
});
