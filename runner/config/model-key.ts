/** The variable that holds the key of a model endpoint, by the API that it speaks; no other provider's key is sent there. */
export const keyVariable = (api: string): 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY' =>
  api === 'anthropic' ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY';
