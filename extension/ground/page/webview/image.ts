import { t } from '@vscode/l10n';
import type { Item } from '../page.ts';
import { element } from './element.ts';

/** An image with its name below it; what it looks like comes later. */
export const createImage = ({ name, detail }: Extract<Item, { kind: 'image' }>): HTMLElement =>
  element(
    'figure',
    { class: 'image' },
    element('img', { alt: name, hidden: '' }),
    element('figcaption', {}, name, ' · ', element('span', { class: 'dim' }, detail)),
  );

/** Nothing is loaded from anywhere: the address is the image. */
const ownAddress = /^data:image\/(?:png|jpeg|webp|gif);base64,/;

/** Shows what it looks like, or says that it cannot be shown. */
export const showImage = (figure: HTMLElement, source: string | null): void => {
  const image = figure.querySelector('img');
  if (image === null) return;
  const fails = (): void => {
    image.remove();
    figure.querySelector('.dim')?.append(t(', which cannot be shown'));
  };
  if (source === null || !ownAddress.test(source)) return fails();
  image.addEventListener('error', fails, { once: true });
  image.src = source;
  image.hidden = false;
};
