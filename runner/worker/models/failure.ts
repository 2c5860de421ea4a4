import * as anthropic from '@anthropic-ai/sdk';
import * as openai from 'openai';
import { redirectOf } from '../../../shared/client/straight-fetch.ts';
import type { Usage } from '../../../shared/run/model-item.ts';
import type { ModelFailure } from './model.ts';
import { errorIn, type SaidError } from './said-error.ts';

/** Whom a failure is about. `apiKey` is here to be kept out of every message. */
export interface Endpoint {
  readonly model: string;
  readonly baseURL: string;
  readonly apiKey: string;
  /** What the variables begin with that say how it is reached. */
  readonly variables: 'OPENAI' | 'ANTHROPIC';
}

/** What an endpoint said about a request that it did not fulfil, by status and body or by an event in the stream. */
interface Complaint {
  readonly status: number | null;
  readonly code: string;
  readonly said: string;
  readonly retryAfterMs: number | null;
}

type Code = ModelFailure['code'];

/** Longest quotation of an endpoint's own words: proxies answer with whole HTML pages. */
const quoteCharacters = 300;

/** A shorter key is a placeholder ("none", "ollama"), and cutting it out of a sentence would only spoil the sentence. */
const shortestSecret = 8;

const quotaCodes = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active']);
const lengthCodes = new Set([
  'context_length_exceeded',
  'exceed_context_size_error',
  'string_above_max_length',
  'model_context_window_exceeded',
  'request_too_large',
]);
/**
 * How endpoints say that a context is too long, by kind and not by one wording: OpenAI, Azure, vLLM, llama.cpp, Ollama, LM Studio, Anthropic,
 * Gemini, Bedrock, Mistral, Cohere, Groq, xAI, Together, OpenRouter, DeepSeek, TGI. failure.test.ts has their sentences.
 */
const lengthWords: readonly RegExp[] = [
  /context[ _-]?(?:length|window|size|limit)/i,
  /(?:available|maximum|max) context\b/i,
  /maximum (?:model|prompt|input|sequence|allowed) ?(?:length|tokens?)|max[_ ](?:seq|model|input)[_ ]?(?:len|length|tokens?)/i,
  /(?:prompt|input|request|messages?|conversation|content)\b.{0,80}\b(?:too (?:long|large|many tokens)|exceeds?|is over|larger than)\b.{0,80}\b(?:tokens?|length|limit|context|maximum)/i,
  /\b(?:prompt|input) is too long/i,
  /too many (?:input |prompt |total )?tokens/i,
  /(?:token count|number of (?:input |prompt )?tokens|tokens?).{0,80}\b(?:exceeds?|greater than|more than|larger than|over)\b.{0,80}(?:maximum|limit|allowed|supported|context)/i,
  /reduce (?:the length of (?:the|your) (?:messages|prompt|input)|your prompt)/i,
  /inputs?\W* tokens? \+ .{0,40}max_new_tokens.{0,20}must be/i,
  /request too large for .* tokens per min/i,
];
/** A rate is no length: "tokens per minute" says how fast, unless one request alone is above it. */
const rateWords = /per (?:minute|min|second|day|hour)|rate limit|tpm|quota/i;
/** From `ResponseError.code` in openai 7.57: what makes a response fail and will make it fail again. */
const requestCodes =
  /^(invalid_|image_|empty_image|unsupported_image|bio_policy|misalignment_policy|data_residency|content_policy)/;
const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS/;

const retryable: Record<Code, boolean> = {
  auth: false,
  not_found: false,
  rate_limited: true,
  quota: false,
  context_length: false,
  bad_request: false,
  server: true,
  network: true,
  stalled: true,
  incomplete: false,
  protocol: false,
};

/**
 * Classifies what the SDKs throw: from a call, or while its stream is read.
 * @param now in ms since 1970, for a Retry-After that is a date.
 * @throws what is no error of an endpoint, a network or an SDK: a bug.
 */
export function failureOf(error: unknown, endpoint: Endpoint, now: number = Date.now()): ModelFailure {
  if (error instanceof openai.APIConnectionError || error instanceof anthropic.APIConnectionError)
    return networkFailure(error, endpoint);
  if (error instanceof openai.APIError || error instanceof anthropic.APIError) {
    const to = redirectOf({ status: error.status ?? 0, headers: error.headers }, endpoint.baseURL);
    if (to !== null) return redirectFailure(to, error.status ?? 0, endpoint);
    // Anthropic's has the whole body, and OpenAI's what stands there as the error.
    const body: unknown = error.error;
    const said = errorIn(body) ?? errorIn({ error: body }) ?? { message: error.message };
    return saidFailure({ ...said, status: error.status, retryAfterMs: retryAfterMs(error.headers, now) }, endpoint);
  }
  if (error instanceof SyntaxError) return protocolFailure('its stream is not valid JSON', endpoint);
  // undici reports a connection lost in mid-stream as a bare TypeError ("terminated").
  if (error instanceof TypeError || causeCode(error) !== null) return networkFailure(error, endpoint);
  throw error;
}

/** Classifies an error by what was said of it, be it by a status, in an answer with status 200, or in the middle of a stream. A status that it names counts. */
export function saidFailure(said: SaidError, endpoint: Endpoint, usage: Usage | null = null): ModelFailure {
  const { message, type } = said;
  // OpenAI has sent "insufficient_quota" as the type, next to another code.
  const known = type !== undefined && (quotaCodes.has(type) || lengthCodes.has(type)) ? type : (said.code ?? type);
  const complaint: Complaint = {
    status: said.status ?? null,
    code: known ?? '',
    said: message,
    retryAfterMs: said.retryAfterMs ?? waitIn(message),
  };
  const code = codeOf(complaint);
  const { status, retryAfterMs } = complaint;
  const text = `${sentence(code, complaint, endpoint)}${quoted(message, endpoint)}`;
  return failure(code, text, { status, retryAfterMs, usage });
}

/** Nothing was asked: such an endpoint answers nobody without a key. */
export function noKeyFailure(endpoint: Pick<Endpoint, 'baseURL' | 'variables'>): ModelFailure {
  const { variables } = endpoint;
  const message = `No key is configured for the model endpoint ${shown(endpoint)}, so it was not asked: set ${variables}_API_KEY, or apiKey in config.yaml, then start the runner anew (longhaul stop, and go on). An endpoint that needs none: ${variables}_BASE_URL.`;
  return failure('auth', message);
}

/** The response ended early. `reason` is the provider's: `max_output_tokens`, `content_filter`, `length`. */
export function incompleteFailure(reason: string, endpoint: Endpoint, usage: Usage | null): ModelFailure {
  const advice =
    reason === 'content_filter'
      ? 'the content filter of the provider stopped it; put the task in other words'
      : 'it reached its output limit; split the task, or choose a model with a larger limit';
  return failure('incomplete', `The response of ${endpoint.model} ended early (${reason}): ${advice}.`, { usage });
}

export function stalledFailure(idleMs: number, endpoint: Endpoint): ModelFailure {
  const message = `The model endpoint ${shown(endpoint)} sent nothing for ${idleMs / 1000} s: it may be overloaded, or the model needs a longer idle limit.`;
  return failure('stalled', message);
}

/** Whoever is there was not asked: the key and the code of the run would go to an address that nobody configured. */
function redirectFailure(to: string, status: number, endpoint: Endpoint): ModelFailure {
  const message = `The model endpoint ${shown(endpoint)} sends requests on to ${scrubbed(to, endpoint)} (${status}), which was not asked: nobody named it. If it is the right one, set ${endpoint.variables}_BASE_URL to its address, up to and with /v1.`;
  return failure('protocol', message, { status });
}

const aboutImages = /\bimages?\b|image_url|input_image|\bvision\b|multi-?modal/i;
const unsupported =
  /not (?:currently )?support|unsupported|does(?: not|n't) (?:take|accept|support|handle)|no endpoints|only/i;

/** The failure of a request that had so many images in it, with what is to be done if they are the reason. To ask again with the same would be in vain. */
export function withImages(failure: ModelFailure, images: number): ModelFailure {
  const { code, message, status } = failure;
  const named = aboutImages.test(message);
  if (images === 0 || !(code === 'bad_request' || status === 413 || named)) return failure;
  const them = images === 1 ? 'An image goes' : `${images} images go`;
  const advice = `${them} with the goal: if the model takes none, delegate again without, or with a model that does.`;
  const inVain = named && unsupported.test(message);
  return { ...failure, message: `${message} ${advice}`, retryable: failure.retryable && !inVain };
}

/** The stream ended, cleanly or not, before its terminal event. */
export function cutFailure(endpoint: Endpoint): ModelFailure {
  return failure('network', `The connection to ${shown(endpoint)} ended before the response of ${endpoint.model} did.`);
}

/** A background response that cannot be gone on with; status 404 tells the caller not to try to resume it again. */
export function lostFailure(responseId: string, endpoint: Endpoint): ModelFailure {
  const message = `The model endpoint ${shown(endpoint)} no longer knows the background response ${responseId}: the call has to be made again.`;
  return failure('network', message, { status: 404 });
}

export function protocolFailure(what: string, endpoint: Endpoint): ModelFailure {
  const message = `The model endpoint ${shown(endpoint)} did not answer with a response (${what}): check that ${endpoint.variables}_BASE_URL is such an API and ends in /v1.`;
  return failure('protocol', message);
}

/**
 * Whether a background response may still be running, or waiting to be fetched, after a call ended so. A response's own
 * failures carry no status; a status is that of a poll.
 */
export function canResume(failure: ModelFailure): boolean {
  const { code, status } = failure;
  if (code === 'stalled') return true;
  if (code === 'network') return status === null;
  return (code === 'server' || code === 'rate_limited') && status !== null;
}

/**
 * How long to wait, in whole ms, from `retry-after-ms` or `Retry-After` (seconds or an HTTP date, RFC 9110 10.2.3);
 * null where neither says so. No upper limit: what to do about five minutes is the caller's decision. @internal
 */
export function retryAfterMs(headers: Pick<Headers, 'get'> | undefined, now: number): number | null {
  const exact = seconds(headers?.get('retry-after-ms'));
  if (exact !== null) return Math.ceil(exact);
  const value = headers?.get('retry-after');
  const relative = seconds(value);
  if (relative !== null) return Math.ceil(relative * 1000);
  if (value === null || value === undefined || !/[a-z]{3}/i.test(value)) return null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function seconds(value: string | null | undefined): number | null {
  return value !== null && value !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : null;
}

/** "Please try again in 11.054s": the only place where a failed response tells how long to wait. */
function waitIn(message: string): number | null {
  const [, amount, unit] = /try again in (\d+(?:\.\d+)?)\s*(ms|s)\b/i.exec(message) ?? [];
  if (amount === undefined || unit === undefined) return null;
  return Math.ceil(Number(amount) * (unit.toLowerCase() === 'ms' ? 1 : 1000));
}

function codeOf({ status, code, said }: Complaint): Code {
  if (quotaCodes.has(code) || status === 402) return 'quota';
  if (lengthCodes.has(code) || status === 413) return 'context_length';
  if (status !== 401 && status !== 403 && status !== 404 && saysTooLong(said)) return 'context_length';
  return status === null ? codeInStream(code) : codeOfStatus(status);
}

const saysTooLong = (said: string): boolean =>
  lengthWords.some((words) => words.test(said)) &&
  (!rateWords.test(said) || /request too large for .* tokens per min/i.test(said));

function codeInStream(code: string): Code {
  if (/rate_limit|slow_down|too_many_requests/.test(code)) return 'rate_limited';
  if (code === 'invalid_api_key') return 'auth';
  if (code === 'model_not_found') return 'not_found';
  return requestCodes.test(code) ? 'bad_request' : 'server';
}

function codeOfStatus(status: number): Code {
  if (status === 401 || status === 403) return 'auth';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  if (status === 408 || status === 409 || status >= 500) return 'server';
  return status >= 400 ? 'bad_request' : 'protocol';
}

function sentence(code: Code, { status, code: reason, retryAfterMs }: Complaint, endpoint: Endpoint): string {
  const at = `The model endpoint ${shown(endpoint)}`;
  const why = status ?? (scrubbed(reason, endpoint) || 'error');
  const wait = retryAfterMs === null ? '' : ` and asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
  switch (code) {
    case 'auth':
      return `${at} refused the key (${why}): set ${endpoint.variables}_API_KEY to a key that may use ${endpoint.model}.`;
    case 'not_found':
      return `${at} has no model ${endpoint.model} (${why}): choose one that it has, or correct ${endpoint.variables}_BASE_URL.`;
    case 'rate_limited':
      return `${at} limits the rate (${why})${wait}.`;
    case 'quota':
      return `${at} says that the quota of this key is used up (${scrubbed(reason, endpoint) || why}): add credit or raise the limit there, or use another key.`;
    case 'context_length':
      return `The context is too long for ${endpoint.model} (${why}): it has to be compacted, or sent to a model with a larger window.`;
    case 'bad_request':
      return `${at} refused the request (${why}).`;
    case 'server':
      return `${at} failed (${why})${wait}: it is no fault of the task, and may pass.`;
    case 'network':
    case 'stalled':
    case 'incomplete':
    case 'protocol':
      return `${at} answered with ${why}, which is no response: check that ${endpoint.variables}_BASE_URL is such an API and ends in /v1.`;
  }
}

/** No connection, or one that broke. */
function networkFailure(error: unknown, endpoint: Endpoint): ModelFailure {
  const code = causeCode(error);
  if (code !== null && certificateCodes.test(code)) {
    const message = `The certificate of ${shown(endpoint)} is not trusted (${code}): correct ${endpoint.variables}_BASE_URL, or give its authority in NODE_EXTRA_CA_CERTS.`;
    return { ...failure('network', message), retryable: false };
  }
  const lost = error instanceof TypeError && error.message === 'terminated';
  if (lost || code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return cutFailure(endpoint);
  const message = `No connection to the model endpoint ${shown(endpoint)}${code === null ? '' : ` (${code})`}: check the network and ${endpoint.variables}_BASE_URL, and that the server runs.`;
  return failure('network', message);
}

/** The first system or undici code (`ECONNREFUSED`, `UND_ERR_SOCKET`) along the chain of causes. */
function causeCode(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return null;
}

/** The endpoint without credentials and query: both may be secret. */
export function shown({ baseURL }: Pick<Endpoint, 'baseURL'>): string {
  const url = URL.parse(baseURL);
  return url === null ? 'at an invalid address' : `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function quoted(said: string, endpoint: Endpoint): string {
  // The SDK puts the status in front of the message.
  const words = scrubbed(said, endpoint)
    .replace(/^\d{3} /, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (words === '' || words === '(no status code or body)' || words === 'status code (no body)') return '';
  return ` It said: "${words.length > quoteCharacters ? `${words.slice(0, quoteCharacters)}…` : words}"`;
}

/** Endpoints like to quote the key, in whole or with stars in the middle. */
function scrubbed(text: string, { apiKey }: Endpoint): string {
  const known = apiKey.length >= shortestSecret ? text.replaceAll(apiKey, '[key]') : text;
  return known.replace(/\bsk-[\w*.-]{3,}/g, '[key]').replace(/Bearer\s+[^\s"',]+/gi, 'Bearer [key]');
}

function failure(
  code: Code,
  message: string,
  known: { status?: number | null; retryAfterMs?: number | null; usage?: Usage | null } = {},
): ModelFailure {
  const { status = null, retryAfterMs = null, usage = null } = known;
  return { code, message, retryable: retryable[code], retryAfterMs, status, usage };
}
