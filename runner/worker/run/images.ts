import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { AttachedImage } from '../../../shared/run/image.ts';
import type { ModelImage } from '../models/model.ts';
import type { Blobs, Ports } from './ports/ports.ts';

/** Brings images here when they are first asked for, and keeps them for the activation. */
export const imagesOf = (
  images: readonly AttachedImage[],
  { blobs, folder }: { readonly blobs: Pick<Blobs, 'get'>; readonly folder: string },
): Ports['images'] => {
  let brought: Promise<readonly ModelImage[]> | null = null;
  const bring = async ({ mediaType, blob }: AttachedImage): Promise<ModelImage> => {
    const file = path.join(folder, `image-${blob}`);
    try {
      await blobs.get(blob, file);
      return { mediaType, base64: await readFile(file, 'base64') };
    } finally {
      await rm(file, { force: true });
    }
  };
  const bringAll = async (): Promise<readonly ModelImage[]> => {
    const all: ModelImage[] = [];
    // One after the other: the same image may be there twice.
    for (const image of images) all.push(await bring(image));
    return all;
  };
  return () => {
    brought ??= bringAll().catch((error: unknown) => {
      brought = null;
      throw error;
    });
    return brought;
  };
};
