import { readFile, stat } from 'node:fs/promises';
import { t } from '@vscode/l10n';
import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import { imageFault, mostImageBytes } from '../../../shared/run/image.ts';
import type { Connection } from '../connection/connection.ts';
import { ConnectionError } from '../problem/connection-error.ts';
import { nameOfImage, type ImageChoice } from './attached.ts';

/** Uploads images for a delegation. Throws what the API throws, and ConnectionError where one cannot go along. */
export const uploadImages = async (
  connection: Connection,
  images: readonly ImageChoice[],
): Promise<DelegateInput['images']> => {
  // All are looked at before any is sent.
  const contents = await Promise.all(images.map((image) => contentOf(connection, image)));
  const uploaded: DelegateInput['images'] = [];
  for (const { name, content } of contents) uploaded.push({ name, blob: await connection.upload(content) });
  return uploaded;
};

const contentOf = async (connection: Connection, image: ImageChoice) => {
  const name = nameOfImage(image);
  const content = new Uint8Array(
    image.kind === 'run' ? await connection.blob(image.run, image.blob) : await fileOf(name, image.path),
  );
  const fault = imageFault(content, content.length);
  if (fault !== null) throw wrong(name, fault);
  return { name, content };
};

const fileOf = async (name: string, file: string): Promise<Uint8Array> => {
  try {
    const found = await stat(file);
    // Of a device or of what is too large nothing is read.
    if (found.isFile() && found.size <= mostImageBytes) return await readFile(file);
  } catch {
    throw wrong(name, t('cannot be read'));
  }
  throw wrong(name, t('is larger than 5 MB, or no file'));
};

const wrong = (name: string, fault: string): ConnectionError =>
  new ConnectionError(
    'refused',
    t('Nothing was delegated: the image {0} {1}.', name, fault),
    t('Take it out in the row "Images", or give a PNG, JPEG, WebP or GIF of up to 5 MB.'),
  );
