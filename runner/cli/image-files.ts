import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { DelegateInput } from '../../shared/api/runner-api.ts';
import { imageFault, imageHeadBytes, mostImageBytes, mostImages } from '../../shared/run/image.ts';
import { errorMessage, usage } from '../../shared/trouble.ts';
import type { Api } from './connection/client.ts';
import type { CommandContext } from './context.ts';

export type Attached = DelegateInput['images'][number];

/** A file of this machine, as a delegation names it once it is uploaded. */
interface ImageFile extends Attached {
  readonly file: string;
}

/** Files to go with a goal, looked at before anything is asked of a runner. Throws Trouble with what is wrong with one. */
export const imageFiles = async (
  { cwd }: Pick<CommandContext, 'cwd'>,
  { named, others }: { readonly named: readonly string[]; readonly others: number },
): Promise<readonly ImageFile[]> => {
  const all = named.length + others;
  if (all > mostImages)
    throw usage(`${all} images are more than go with a goal: up to ${mostImages} do.`, 'Leave some out.');
  return Promise.all(named.map((name) => imageFile(name, resolve(cwd, name))));
};

const imageFile = async (named: string, file: string): Promise<ImageFile> => {
  const content = await read(named, file);
  const fault = imageFault(content.subarray(0, imageHeadBytes), content.length);
  if (fault !== null) throw wrong(named, fault);
  return { file, name: basename(file), blob: createHash('sha256').update(content).digest('hex') };
};

const read = async (named: string, file: string): Promise<Buffer> => {
  let fault = 'is no file';
  try {
    const found = await stat(file);
    // Of a device or of what is too large nothing is read.
    if (found.isFile() && found.size <= mostImageBytes) return await readFile(file);
    if (found.isFile()) fault = 'is larger than 5 MB';
  } catch (error) {
    throw usage(`--image ${named} cannot be read: ${errorMessage(error)}`, 'Name a file that can.');
  }
  throw wrong(named, fault);
};

const wrong = (named: string, fault: string) =>
  usage(`--image ${named} ${fault}.`, 'Give a PNG, JPEG, WebP or GIF of up to 5 MB.');

/** Uploads them for a delegation, as they are now. */
export const uploadImages = async (api: Api, images: readonly ImageFile[]): Promise<Attached[]> => {
  const uploaded: Attached[] = [];
  for (const { file, name } of images) uploaded.push({ name, blob: await api.upload(file, () => {}) });
  return uploaded;
};
