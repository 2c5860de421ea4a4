import type { Endpoint } from './failure.ts';

/** Where requests go: what their paths are added to, and what is asked with each of them. */
export interface EndpointUrl {
  readonly base: string;
  readonly query: Readonly<Record<string, string>>;
}

/** An endpoint's address may bring a query along, as Azure's does: `…/openai/v1?api-version=preview`. */
export function endpointUrl(text: string): EndpointUrl {
  const at = text.indexOf('?');
  if (at === -1) return { base: text.replace(/\/+$/, ''), query: {} };
  return {
    base: text.slice(0, at).replace(/\/+$/, ''),
    query: Object.fromEntries(new URLSearchParams(text.slice(at + 1).replace(/#.*$/, ''))),
  };
}

/** Headers that carry the key. Azure, told by its `api-version`, takes keys by a name of its own, and a bearer for a token of Entra's alone. */
export function keyHeaders(
  { query }: EndpointUrl,
  { apiKey, variables }: Pick<Endpoint, 'apiKey' | 'variables'>,
): Readonly<Record<string, string>> {
  if (variables === 'ANTHROPIC') return { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
  return 'api-version' in query ? { 'api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
}
