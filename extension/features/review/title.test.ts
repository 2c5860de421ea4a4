import { config } from '@vscode/l10n';
import { expect, onTestFinished, test, vi } from 'vitest';
import { changesTitle, isReviewTitle, reviewedOf, reviewTitle } from './title.ts';

const runs = [
  { id: 'run_two', number: 2, task: { title: 'Mend it (round 1)' } },
  { id: 'run_six', number: 6, task: { title: 'Mend it' } },
];

test('a tab tells its run and its round, whatever the editor adds to its title', () => {
  for (const { id, number, task } of runs)
    for (const added of ['', ', files 1 to 400 of 900', ' (2 files)'])
      expect(reviewedOf(`${reviewTitle({ number, task }, 3)}${added}`, () => runs)).toEqual({ run: id, round: 3 });
});

test('what is no round of a known run is nobody’s review', () => {
  const [, six] = runs;
  for (const title of [
    '',
    'README.md',
    '#6 Mend it',
    '#7 Mend it (round 1)',
    '#6 Mend that (round 1)',
    changesTitle(six!, 'so far'),
    changesTitle(six!, 'rounds 1 and 2'),
  ])
    expect(reviewedOf(title, () => runs)).toBeNull();
});

test('a tab that shows something of a run can be told from another one without knowing the runs', () => {
  const [, six] = runs;
  const shown = [
    reviewTitle(six!, 2),
    changesTitle(six!, 'so far'),
    `${changesTitle(six!, 'rounds 1 and 2')} (2 files)`,
  ];
  expect(shown.every(isReviewTitle)).toBe(true);
  expect(['README.md', '#6 Mend it', 'Mend it (round 1)'].some(isReviewTitle)).toBe(false);
});

test('in a window of another language titles are told by its words', async () => {
  onTestFinished(() => config({ contents: {} }));
  const contents = { 'round {0}': '{0}. Runde (neu?)', 'rounds {0} and {1}': 'Runden {0}+{1}', 'so far': 'bisher' };
  config({ contents });
  vi.resetModules();
  const title = await import('./title.ts');
  const [, six] = runs;
  const named = title.reviewTitle(six!, 12);
  expect(named).toBe('#6 Mend it (12. Runde (neu?))');
  expect(title.reviewedOf(`${named} (2 files)`, () => runs)).toEqual({ run: 'run_six', round: 12 });
  const shown = [named, title.changesTitle(six!, title.roundsText(1, 2)), title.changesTitle(six!, title.soFarText)];
  expect(shown.map(title.isReviewTitle)).toEqual([true, true, true]);
  expect(title.isReviewTitle('#6 Mend it (1. Rundex)')).toBe(false);
});
