import type { ModelSettings } from '../../../shared/api/worker-api.ts';

/** OpenAI's models of text alone, as its list of models says. */
const textAlone = /^(?:gpt-3\.5-|gpt-4(?:-0314|-0613|-32k.*)?$|o1-mini|o1-preview|o3-mini)/;

/**
 * Why a model is known to take no images, as a sentence; null: it takes them, or nobody knows. The operator's word holds for all models of the
 * endpoint; names mean something at OpenAI's own alone.
 */
export const takesNoImages = (
  { baseUrl, switches }: Pick<ModelSettings, 'baseUrl' | 'switches'>,
  model: string,
): string | null => {
  if (switches.images === false) return `The endpoint of this runner takes no images (model.switches.images: false).`;
  const isOpenAi = URL.parse(baseUrl)?.hostname === 'api.openai.com';
  return isOpenAi && textAlone.test(model) ? `The model ${model} takes no images.` : null;
};
