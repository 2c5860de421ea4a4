import type { Branches } from '@gitbeaker/rest';
import { z } from 'zod';
import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import { cleanLine } from '../../../shared/text/clean.ts';

/** GitLab refused. `asked`: for what, as `GET projects/1`. `afterMs`: how long it asks to wait; null: it asks for nothing. */
export class GitLabError extends Error {
  readonly status: number;
  readonly asked: string;
  readonly afterMs: number | null;
  /** `message`: what it said, in a line; empty: nothing that is for people. */
  constructor({
    said,
    status,
    asked,
    afterMs,
  }: Pick<GitLabError, 'status' | 'asked' | 'afterMs'> & { readonly said: string }) {
    super(said);
    this.status = status;
    this.asked = asked;
    this.afterMs = afterMs;
  }
}

/** As the client wants it. */
type RequesterFn = NonNullable<NonNullable<ConstructorParameters<typeof Branches>[0]>['requesterFn']>;
type Resource = Parameters<RequesterFn>[0];
type Requester = ReturnType<RequesterFn>;
type Asked = NonNullable<Parameters<Requester['get']>[1]>;
type Answer = Awaited<ReturnType<Requester['get']>>;

/** A machine that does not answer is no reason for a run to wait for ever. */
const patienceMs = 30_000;
/** Bytes of a log's end that are kept, and of the longest that is read. */
const keptBytes = 6_000;
const mostLogBytes = 50_000_000;
/** The same of an answer: a file of a repository in base64 is the longest there is. */
const mostBytes = 200_000_000;

/**
 * Asks once, in place of the client's own way, which asks ten times what is refused as too much: the log says when to ask again, and the run's
 * budget how often. Nothing is asked after the signal, and a redirect is not followed. Throws GitLabError, RedirectedError and what fetch throws.
 */
export const openRequester =
  (signal: AbortSignal): RequesterFn =>
  (resource) => {
    const by = (method: string) => async (endpoint: string, asked?: Asked) =>
      ask(resource, { method, endpoint, asked: asked ?? {}, signal });
    // safe: what the answer holds is what GitLab says it is; whoever uses it parses it
    return { get: by('GET'), post: by('POST'), put: by('PUT'), patch: by('PATCH'), delete: by('DELETE') } as Requester;
  };

interface Request_ {
  readonly method: string;
  readonly endpoint: string;
  readonly asked: Asked;
  readonly signal: AbortSignal;
}

/** Nothing else is asked for here. */
const Search = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).optional());

const ask = async (resource: Resource, { method, endpoint, asked, signal }: Request_): Promise<Answer> => {
  const { searchParams, body } = asked;
  const url = new URL(endpoint, `${resource.url.replace(/\/+$/, '')}/`);
  for (const [name, value] of Object.entries(Search.parse(searchParams ?? {})))
    if (value !== undefined) url.searchParams.set(snake(name), String(value));
  const headers: Record<string, string> = { accept: 'application/json, text/plain', 'user-agent': 'longhaul' };
  for (const [name, value] of Object.entries(resource.authHeaders)) headers[name] = await value();
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await straightFetch(url, {
    method,
    headers,
    signal: AbortSignal.any([AbortSignal.timeout(patienceMs), signal]),
    ...(body === undefined ? {} : { body: JSON.stringify(snaked(body)) }),
  });
  const isJson = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
  if (response.ok && !isJson && response.status !== 204)
    return answerOf(response, (await read(response, { most: mostLogBytes, kept: keptBytes })).toString('utf8'));
  const text = (await read(response, { most: mostBytes, kept: mostBytes })).toString('utf8');
  if (!response.ok) throw refusal(response, { text, asked: `${method} ${endpoint}` });
  return answerOf(response, text === '' ? null : JSON.parse(text));
};

const answerOf = ({ status, headers }: Response, body: unknown): Answer =>
  // safe: JSON or text, as the client's own requester gives it
  ({ status, headers: Object.fromEntries(headers), body: body as Answer['body'] });

/** The last `kept` bytes. Throws for more than `most`. */
const read = async (
  { body }: Response,
  { most, kept }: { readonly most: number; readonly kept: number },
): Promise<Buffer> => {
  let chunks: Buffer[] = [];
  let [count, held] = [0, 0];
  for await (const chunk of body ?? []) {
    count += chunk.byteLength;
    held += chunk.byteLength;
    if (count > most) throw new Error(`an answer of more than ${most} bytes`);
    chunks.push(Buffer.from(chunk));
    if (held > 2 * kept) {
      chunks = [Buffer.concat(chunks).subarray(-kept)];
      held = kept;
    }
  }
  return Buffer.concat(chunks).subarray(-kept);
};

/** docs.gitlab.com/api/rest/troubleshooting: a text, several, or one for each field. */
const Said = z.object({
  message: z.unknown().optional(),
  error: z.unknown().optional(),
  error_description: z.unknown().optional(),
});

const refusal = (
  { status, headers }: Response,
  { text, asked }: { readonly text: string; readonly asked: string },
): GitLabError => {
  const said = Said.safeParse(jsonOf(text)).data;
  const parts = [said?.message, said?.error, said?.error_description].filter((part) => part != null);
  // A page that a proxy shows instead is for nobody.
  const isPage = /^\s*</.test(text);
  const words =
    parts.length === 0
      ? isPage
        ? ''
        : text
      : parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(': ');
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  return new GitLabError({
    status,
    asked: cleanLine(asked).slice(0, 200),
    // It repeats its status.
    said: cleanLine(words)
      .replace(new RegExp(`^${status}\\b[ :]*`), '')
      .slice(0, 300),
    afterMs: Number.isFinite(after) ? after * 1000 : null,
  });
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const snaked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(snaked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [snake(name), snaked(field)]));
};
