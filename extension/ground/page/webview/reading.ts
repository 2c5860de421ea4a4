import { t } from '@vscode/l10n';
import { button } from './element.ts';
import type { Place } from './kept.ts';

/** Pixels from the end within which a reader counts as being at it. */
const near = 48;

/** Where a person reads, and how the page stays with them. */
export interface Reading {
  /** Makes a change to what is shown: a reader at the end stays there, any other where they are. `came`: it may have added what is newest. */
  readonly during: (change: () => void, came: boolean) => void;
  readonly place: () => Place | null;
}

const isAtEnd = (): boolean => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - near;
const toEnd = (): void => window.scrollTo(0, document.documentElement.scrollHeight);
const rows = (): readonly HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-row]:not(.contents)')];

/** `from`: where the person was when the page was shown last; it is gone back to until they move. `moved` is called whenever they do. */
export const startReading = (from: Place | null, moved: () => void): Reading => {
  let returning = from;
  /** Where going back led, pixels from the top: a page that is elsewhere was moved by somebody. */
  let ledTo = 0;
  const newest = button({ class: 'primary newest' }, toEnd, t('Newest'));
  newest.hidden = true;
  document.body.append(newest);

  // The browser keeps what is read in its place while something above it grows. While we do that, it must not do so as well.
  document.documentElement.classList.toggle('returning', from !== null);
  const leave = (): void => {
    returning = null;
    document.documentElement.classList.remove('returning');
  };
  for (const event of ['wheel', 'keydown', 'pointerdown', 'touchstart'])
    window.addEventListener(event, leave, { passive: true });
  let drawn = false;
  window.addEventListener('scroll', () => {
    if (isAtEnd()) newest.hidden = true;
    if (Math.abs(window.scrollY - ledTo) > 2) leave();
    if (drawn || returning !== null) return;
    drawn = true;
    requestAnimationFrame(() => {
      drawn = false;
      moved();
    });
  });

  const goBack = ({ row, offset, end }: Place): void => {
    if (end) return toEnd();
    const found = rows().find(({ dataset }) => dataset['row'] === row);
    if (found !== undefined) window.scrollBy(0, found.getBoundingClientRect().top - offset);
  };
  return {
    during: (change, came) => {
      const atEnd = isAtEnd();
      change();
      if (returning !== null) {
        goBack(returning);
        ledTo = window.scrollY;
      } else if (came && atEnd) toEnd();
      else if (came && !isAtEnd()) newest.hidden = false;
    },
    place: () => {
      const top = rows().find((row) => row.getBoundingClientRect().bottom > 0);
      const row = top?.dataset['row'];
      if (top === undefined || row === undefined) return null;
      // A page that fits its window has no place to come back to.
      const end = isAtEnd() && window.scrollY > 0;
      return { row, offset: Math.round(top.getBoundingClientRect().top), end };
    },
  };
};
