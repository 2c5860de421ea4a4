import type { Paint } from '../paint.ts';
import { clean } from '../../../shared/text/clean.ts';
import { indent } from '../text.ts';
import { plural } from '../../../shared/text/figures.ts';
import type { Check } from '../../machine/check.ts';

const marks = { ok: ['✓', 'green'], warn: ['!', 'yellow'], fail: ['✗', 'red'] } as const;

/** A line for each check, what to do under those that need it, and a sentence for all. */
export const doctorView = (checks: readonly Check[], paint: Paint): string => {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, outcome, detail, remedy }) => {
    const [mark, colour] = marks[outcome];
    const head = `${paint[colour](mark)} ${name.padEnd(width)}  ${clean(detail)}`;
    return remedy === '' ? head : `${head}\n${indent(clean(remedy), ' '.repeat(width + 4))}`;
  });
  const failed = checks.filter(({ outcome }) => outcome === 'fail').length;
  return [
    ...lines,
    '',
    failed === 0 ? 'Ready.' : paint.red(`${plural(failed, 'thing')} to mend before runs can work.`),
  ].join('\n');
};
