import type { Bench } from './rows.ts';
import { inMs } from './statistics.ts';
import { benchDurableStep, benchGroups } from './store.ts';

const inRaw = 'bare node:sqlite, WAL, synchronous=FULL';

export const durableStep: Bench = {
  name: 'step',
  run: async () => {
    const { raw, store, ratio, fsyncsPerStep } = await benchDurableStep(500);
    return [
      {
        what: 'durable step through the store against a raw append',
        value: ratio,
        unit: '×',
        target: { at: 'most', value: 2 },
        note: `p50 ${inMs(store.p50 / 1000)} against ${inMs(raw.p50 / 1000)} (${inRaw})`,
      },
      {
        what: 'fsyncs of such a step',
        value: fsyncsPerStep,
        unit: 'per step',
        target: { at: 'most', value: 1.1 },
        note:
          fsyncsPerStep === null ? 'strace is not installed here, which counts them' : 'counted with strace over 500',
      },
    ];
  },
};

export const groups: Bench = {
  name: 'groups',
  run: async () => {
    const { runs, grouped, commitEach, ratio, raw } = await benchGroups(50, 200);
    const rate = (value: number): string => `${Math.round(value).toLocaleString('en')}/s`;
    return [
      {
        what: `${runs} runs at once, group commit against a commit each`,
        value: ratio,
        unit: '×',
        target: { at: 'least', value: 4 },
        note: `${rate(grouped)} against ${rate(commitEach)}; raw appends ${rate(raw)}`,
      },
    ];
  },
};
