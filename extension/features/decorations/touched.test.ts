import { expect, test } from 'vitest';
import { stateAt } from '../../../runner/cli/fixture.ts';
import { summary } from '../../../shared/run/summary.ts';
import { changesIn, touchedFiles, touchedText } from './touched.ts';

const reviewing = summary(stateAt('round.finished'));
const result = reviewing.result!;
const of = (number: number, rest: object = {}) => ({ ...reviewing, id: `run_${number}`, number, ...rest });

test('files are marked for what open runs have made of a repository that is open here', () => {
  const runs = [
    of(1),
    of(2, { soFar: { ...result, patch: 'later' } }),
    of(3, { result: null }),
    of(4, { status: 'cancelled', by: 'person:ada', reason: '', at: reviewing.updatedAt, archived: null }),
    of(5, { task: { ...reviewing.task, repository: '/home/ada/parser-two' } }),
  ];
  const here = (folder: string) => changesIn(runs, [folder]).map(({ number, soFar }) => [number, soFar]);
  expect(here('/home/ada/parser')).toEqual([
    [1, false],
    [2, true],
  ]);
  expect(here('/home/ada/parser/src')).toEqual(here('/home/ada/parser'));
  expect(here('/home/ada').map(([number]) => number)).toEqual([1, 2, 5]);
  expect(here('/home/grace')).toEqual([]);
});

test('of very many open runs only the newest are looked at', () => {
  const runs = Array.from({ length: 500 }, (_, index) => of(500 - index));
  const numbers = changesIn(runs, ['/home/ada/parser']).map(({ number }) => number);
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([20, 500, 481]);
});

test('a file that two runs change says both', () => {
  const changes = changesIn([of(1), of(2, { soFar: { ...result, patch: 'later' } })], ['/home/ada/parser']);
  const touched = touchedFiles(changes, ({ soFar }) => (soFar ? ['a.ts'] : ['a.ts', 'b.ts']));
  expect([...touched.keys()].toSorted()).toEqual(['/home/ada/parser/a.ts', '/home/ada/parser/b.ts']);
  expect(touchedText(touched.get('/home/ada/parser/a.ts') ?? [])).toBe(
    '#1 “Mend the parser” has changed this\n#2 “Mend the parser” is changing this',
  );
});
