import path from 'node:path';
import { z } from 'zod';
import { RunId } from '../../../shared/ids.ts';
import { BlobHash } from '../../../shared/run/artifacts.ts';
import type { Task } from '../../../shared/run/events.ts';
import { ImageName } from '../../../shared/run/image.ts';

/** An image that is to go along: a file of this machine (absolute), or one that another run was delegated with. */
export const ImageChoice = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal('run'), run: RunId, name: ImageName, blob: BlobHash }),
]);
export type ImageChoice = z.infer<typeof ImageChoice>;

export const nameOfImage = (image: ImageChoice): string =>
  image.kind === 'file' ? path.basename(image.path) : image.name;

/** Those of a run, to go along once more. */
export const imagesOfRun = (run: string, { images }: Pick<Task, 'images'>): ImageChoice[] =>
  images.map(({ name, blob }) => ({ kind: 'run', run, name, blob }));

/** How files end that can go along. What they are, their first bytes say. */
export const imageEndings = ['png', 'jpg', 'jpeg', 'webp', 'gif'];

export const canBeAttached = (file: string): boolean =>
  imageEndings.includes(path.extname(file).slice(1).toLowerCase());
