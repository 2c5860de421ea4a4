import type { DelegateInput } from '../../../shared/api/runner-api.ts';
import type { Terms } from '../../../shared/recipe/terms.ts';
import { imageFault, imageHeadBytes, imageTypeOf, type AttachedImage } from '../../../shared/run/image.ts';
import { takesNoImages } from '../../machine/config/model-images.ts';
import { beginningOf } from '../blobs/blobs.ts';
import { refused, type ControlPlane, type Person } from './plane.ts';

/** Throws RefusedError where images are to go to a model that is known to take none. */
export const mustTakeImages = ({ config }: ControlPlane, { model }: Terms, images: number): void => {
  const why = images === 0 ? null : takesNoImages(config.model, model ?? config.model.name);
  if (why === null) return;
  throw refused('invalid', why, 'Delegate without the images, or with a model that takes them.');
};

/** The images that were uploaded for a delegation, by what they really are. Throws RefusedError. */
export const attachedImages = (
  plane: ControlPlane,
  person: Person,
  { images }: Pick<DelegateInput, 'images'>,
): Promise<readonly AttachedImage[]> => Promise.all(images.map((image) => attached(plane, person, image)));

const attached = async (
  plane: ControlPlane,
  { tenant }: Person,
  { name, blob }: DelegateInput['images'][number],
): Promise<AttachedImage> => {
  const bytes = await plane.store.upload(tenant, blob);
  if (bytes === null)
    throw refused('not_found', `There is no upload ${blob}.`, 'Upload the image, then delegate within a day.');
  const head = await beginningOf(plane.blobs, blob, imageHeadBytes);
  const mediaType = imageTypeOf(head);
  const fault = imageFault(head, bytes);
  if (fault === null && mediaType !== null) return { name, mediaType, bytes, blob };
  throw refused('invalid', `The image ${name} ${fault ?? 'is none'}.`, 'Attach another file, or leave it out.');
};
