/** The variable that holds the key of a model endpoint, by the API that it speaks; no other provider's key is sent there. */
export const keyVariable = (api: string): 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY' =>
  api === 'anthropic' ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY';

/** An endpoint that answers nobody without a key: OpenAI's or Anthropic's own. Another one may need none. */
export const asksForKey = (baseUrl: string): boolean =>
  ['api.openai.com', 'api.anthropic.com'].includes(new URL(baseUrl).hostname.replace(/\.$/, ''));
