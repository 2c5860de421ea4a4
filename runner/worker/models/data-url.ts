import type { ModelImage } from './model.ts';

/** An image as an address that is its content. */
export const dataUrl = ({ mediaType, base64 }: ModelImage): string => `data:${mediaType};base64,${base64}`;
