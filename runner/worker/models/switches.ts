import { ModelSwitches } from '../../../shared/api/worker-api.ts';
import type { ModelFailure } from './model.ts';

export type Switches = { readonly [Name in keyof ModelSwitches]-?: boolean };

/** Everything is sent, but for what the configuration says not to. */
export const switchesOf = (own: ModelSwitches = {}): Switches =>
  // safe: the keys of a shape are its own names
  Object.fromEntries(ModelSwitches.keyof().options.map((name) => [name, own[name] ?? true])) as Switches;

/** How an endpoint names what it refuses, and what is said when it is left out. */
const refusals: readonly (readonly [name: keyof Switches, words: RegExp, how: string])[] = [
  ['strict', /\bstrict\b/i, 'without strict tools'],
  ['streamOptions', /stream_options|include_usage/i, 'without stream_options, so without usage'],
  ['parallelCalls', /parallel_tool_calls|parallel tool calls/i, 'without parallel_tool_calls'],
  ['reasoning', /reasoning_effort|reasoning\.effort|output_config|\bthinking\b/i, 'without saying how much to think'],
  ['encryptedReasoning', /encrypted_content|\binclude\b/i, 'without encrypted reasoning'],
  [
    'returnReasoning',
    /reasoning_content|reasoning_details|extra_content|thought_signature|'?\breasoning\b'?/i,
    'without the reasoning of earlier turns',
  ],
];

/** An endpoint that wants a thing must not be taken for one that refuses it. */
const wanted = /\b(must|required|missing|needs?)\b/i;
const unwanted =
  /unknown|unrecognized|unexpected|extra|not (?:permitted|supported|allowed)|unsupported|invalid|no such/i;

/**
 * The switches without the part of the request that the endpoint has just refused by name; null where it named none, or one that is off
 * already. So each part is left out once, and no request is repeated for ever.
 */
export function adapted(
  switches: Switches,
  { code, message }: Pick<ModelFailure, 'code' | 'message'>,
): { readonly switches: Switches; readonly how: string; readonly setting: string } | null {
  if (code !== 'bad_request' || (wanted.test(message) && !unwanted.test(message))) return null;
  const found = refusals.find(([name, words]) => switches[name] && words.test(message));
  if (found === undefined) return null;
  const [name, , how] = found;
  return { switches: { ...switches, [name]: false }, how, setting: `model.switches.${name}: false` };
}
