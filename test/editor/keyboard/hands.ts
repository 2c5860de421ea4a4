import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import type { GitHub } from '../../harness/github.ts';
import type { Place } from '../place.ts';
import type { Keys } from './keys.ts';

/** What a person has who works without a mouse. */
export interface Hands {
  readonly place: Place;
  /** Where its runner publishes; null: nowhere. */
  readonly github: GitHub | null;
  readonly page: Page;
  readonly keys: Keys;
  /** Begins a run. */
  readonly delegate: (goal: string) => Promise<void>;
  /** Runs a command from the palette, by the title that the manifest gives it. */
  readonly call: (command: string) => Promise<void>;
  /** The run with this title, once it is as wanted. */
  readonly run: (title: string, wanted?: (run: RunSummary) => boolean) => Promise<RunSummary>;
}

/** How a person gets to each command, and through it. */
export type Ways = Readonly<Record<string, (hands: Hands) => Promise<void>>>;

export const is =
  (...statuses: readonly RunSummary['status'][]) =>
  ({ status }: RunSummary): boolean =>
    statuses.includes(status);

/** Waits until something of the kind is on record of the run. */
export const recorded = async (hands: Hands, title: string, type: RunEvent['body']['type']): Promise<void> => {
  const { id } = await hands.run(title);
  const api = await hands.place.api();
  const types = async () => (await api.runs.events.query({ run: id })).map(({ body }) => body.type);
  await expect.poll(types).toContain(type);
};

export const tab = (page: Page, name: RegExp): Promise<void> => page.getByRole('tab', { name }).first().waitFor();

/** Waits until a page of the extension has the focus, which it takes once it is drawn: from a list, too, that was opened meanwhile. */
export const pageInFront = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => document.activeElement?.matches('iframe.webview'));
};
