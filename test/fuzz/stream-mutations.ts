import { randomBytes } from 'node:crypto';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Random = () => number;
const below = (random: Random, count: number): number => Math.floor(random() * count);
const oneOf = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

/** A stream as its frames, each the JSON of an event (or `[DONE]`), and the bytes that they are sent as. */
export interface MutatedStream {
  readonly bytes: readonly Buffer[];
  /** Nothing that was said is missing: the answer has to be the same. */
  readonly harmless: boolean;
  readonly what: string;
}

type Frames = readonly string[];
type Mutation = (frames: Frames, random: Random) => Frames;

/** Fields that say nothing of the answer: endpoints leave them out, or have something else in them. */
const idle = new Set([
  'created',
  'created_at',
  'model',
  'object',
  'logprobs',
  'service_tier',
  'system_fingerprint',
  'obfuscation',
  'sequence_number',
  'output_index',
  'content_index',
  'annotations',
  'parallel_tool_calls',
  'incomplete_details',
]);

const nonsense = [null, 0, '', [], {}, true, 'seven', -1.5];

/** Each object in a value, with what it is called by its parent. */
const objectsIn = (value: unknown, found: Record<string, unknown>[] = []): Record<string, unknown>[] => {
  if (Array.isArray(value)) for (const item of value) objectsIn(item, found);
  else if (typeof value === 'object' && value !== null) {
    found.push(value as Record<string, unknown>);
    for (const item of Object.values(value)) objectsIn(item, found);
  }
  return found;
};

/** Null for what is no JSON: a comment, `[DONE]`, what an earlier mutation broke. */
const parsed = (frame: string): unknown => {
  try {
    return JSON.parse(frame);
  } catch {
    return null;
  }
};

const inOneFrame =
  (change: (object: Record<string, unknown>, random: Random) => void): Mutation =>
  (frames, random) => {
    const index = below(random, frames.length);
    return frames.map((frame, at) => {
      const value = at === index ? parsed(frame) : null;
      const objects = objectsIn(value);
      if (objects.length === 0) return frame;
      change(oneOf(random, objects), random);
      return JSON.stringify(value);
    });
  };

const harmless: Readonly<Record<string, Mutation>> = {
  nothing: (frames) => frames,
  'an idle field is something else': inOneFrame((object, random) => {
    const names = Object.keys(object).filter((name) => idle.has(name));
    if (names.length > 0) object[oneOf(random, names)] = oneOf(random, nonsense);
  }),
  'an idle field is gone': inOneFrame((object, random) => {
    const names = Object.keys(object).filter((name) => idle.has(name));
    if (names.length > 0) delete object[oneOf(random, names)];
  }),
  'a field that nobody knows': inOneFrame((object, random) => {
    object[`x_${randomName(random)}`] = oneOf(random, nonsense);
  }),
  'a comment': (frames, random) => {
    const at = below(random, frames.length + 1);
    return [...frames.slice(0, at), ':comment', ...frames.slice(at)];
  },
};

const randomName = (random: Random): string => below(random, 1e9).toString(36);

const harmful: Readonly<Record<string, Mutation>> = {
  'a field is gone': inOneFrame((object, random) => {
    const names = Object.keys(object);
    if (names.length > 0) delete object[oneOf(random, names)];
  }),
  'a field is something else': inOneFrame((object, random) => {
    const names = Object.keys(object);
    if (names.length > 0) object[oneOf(random, names)] = oneOf(random, nonsense);
  }),
  'two frames change places': (frames, random) => {
    const [one, other] = [below(random, frames.length), below(random, frames.length)];
    return frames.map((frame, at) => (at === one ? frames[other]! : at === other ? frames[one]! : frame));
  },
  'a frame comes twice': (frames, random) => {
    const at = below(random, frames.length);
    return frames.flatMap((frame, index) => (index === at ? [frame, frame] : [frame]));
  },
  'a frame is gone': (frames, random) => {
    const at = below(random, frames.length);
    return frames.filter((_, index) => index !== at);
  },
  'a frame is no JSON': (frames, random) => {
    const at = below(random, frames.length);
    return frames.map((frame, index) => (index === at ? frame.slice(0, below(random, frame.length)) : frame));
  },
  'it ends early': (frames, random) => frames.slice(0, below(random, frames.length)),
  noise: (frames, random) => {
    const at = below(random, frames.length + 1);
    return [...frames.slice(0, at), JSON.stringify(oneOf(random, nonsense)), ...frames.slice(at)];
  },
};

/** One stream made of a valid one, by its seed. Bytes are split anywhere, in the middle of a character too. */
export const mutate = (frames: Frames, seed: number): MutatedStream => {
  const random = seeded(seed);
  const safe = random() < 0.5;
  const kinds = safe ? harmless : harmful;
  const names = Array.from({ length: 1 + below(random, safe ? 4 : 2) }, () => oneOf(random, Object.keys(kinds)));
  const mutated = names.reduce<Frames>((made, name) => kinds[name]!(made, random), frames);
  const newline = oneOf(random, ['\n', '\r\n']);
  const text = mutated
    .map((frame) => (frame.startsWith(':') ? frame + newline + newline : `data: ${frame}${newline}${newline}`))
    .join('');
  return { bytes: split(Buffer.from(text), random), harmless: safe, what: names.join(', ') };
};

const split = (whole: Buffer, random: Random): Buffer[] => {
  const pieces: Buffer[] = [];
  const largest = oneOf(random, [1, 7, 64, 1_000, whole.length]);
  // One byte at a time costs a system call each; the first sixty, wherever they fall, show what there is to show.
  for (let at = 0; at < whole.length;) {
    const size = pieces.length > 60 ? whole.length - at : 1 + below(random, largest);
    pieces.push(whole.subarray(at, at + size));
    at += size;
  }
  return pieces;
};

/** A seed for whoever gives none. */
export const freshSeed = (): number => randomBytes(4).readUInt32LE();
