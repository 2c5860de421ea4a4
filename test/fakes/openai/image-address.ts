import { z } from 'zod';

/** An image as its content: an address elsewhere is fetched by the real endpoint, and is none that Longhaul gives. */
export const ImageAddress = z
  .string()
  .regex(/^data:image\/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}$/, 'Invalid image data.');
