import type { Delay } from './state.ts';

/** Why a queued run is not running, in one line: what every reader shows. The most telling comes first, since lists cut. */
export const delayText = (delay: Delay): string =>
  [
    sentence(delay),
    `not running since ${delay.since}`,
    ...again(delay),
    ...(delay.remedy === null ? [] : [delay.remedy]),
  ]
    .map(firstLine)
    .join('; ');

const sentence = (delay: Delay): string => {
  switch (delay.kind) {
    case 'deferred':
      return `the engine could not start a worker: ${delay.said}`;
    case 'awaited':
      return `${delay.asked}: ${delay.said}`;
  }
};

const again = ({ failures, retryAt }: Delay): readonly string[] => {
  const tried = failures === 0 ? '' : `tried ${failures === 1 ? 'once' : `${failures} times`}, `;
  if (retryAt !== null) return [`${tried}asked again at ${retryAt}`];
  return tried === '' ? [] : [tried.slice(0, -2)];
};

/** Errors have stacks; what is shown in a line is what they begin with. */
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
