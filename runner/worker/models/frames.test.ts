import { expect, it } from 'vitest';
import { type Frame, framesOf } from './frames.ts';

const answer = (pieces: readonly Uint8Array[], type = 'text/event-stream'): Response =>
  new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    }),
    { headers: { 'content-type': type } },
  );

const read = async (pieces: readonly Uint8Array[], type?: string): Promise<readonly Frame[]> => {
  const frames: Frame[] = [];
  for await (const frame of framesOf(answer(pieces, type), () => {})) frames.push(frame);
  return frames;
};

const expected: readonly Frame[] = [
  { kind: 'json', value: { a: 'größe — “x”' } },
  { kind: 'unreadable', text: '{"b":' },
  { kind: 'json', value: { c: 1 } },
  { kind: 'done' },
];

it.each(['\n', '\r\n', '\r'])('are the same wherever a stream is split, with lines that end in %j', async (end) => {
  const lines = [
    'data: {"a":"größe — “x”"}',
    '',
    ': comment',
    'event: e',
    'data: {"b":',
    '',
    'data:{"c":1}',
    '',
    'data: [DONE]',
    '',
    '',
  ];
  const whole = new TextEncoder().encode(lines.join(end));
  const splits = Array.from({ length: whole.length + 1 }, (_, at) => [whole.subarray(0, at), whole.subarray(at)]);
  expect(await Promise.all(splits.map((pieces) => read(pieces)))).toEqual(splits.map(() => expected));
  expect(await read([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
});
