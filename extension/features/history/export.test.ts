import { expect, test } from 'vitest';
import type { HistoryRow } from '../../../shared/run/statistics.ts';
import { toCsv, toJson } from './export.ts';

const row: HistoryRow = {
  id: 'run_abcd',
  number: 7,
  title: 'Fix "it", now',
  repository: '/repository',
  recipe: null,
  model: 'm',
  requester: 'person:ada',
  status: 'failed',
  failure: 'task',
  reason: 'first\nsecond',
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  rounds: 1,
  turns: 3,
  tokens: 100,
  activeMs: 1000,
  usd: 0.25,
  costKnown: false,
  files: null,
  additions: null,
  deletions: null,
  checksRan: 2,
  checksFailed: 1,
  reviewMs: null,
};

test('a line of CSV holds a run, with quotes where they are needed', () => {
  expect(toCsv([row])).toBe(
    [
      'id,number,title,repository,recipe,model,requester,status,failure,reason,created_at,ended_at,rounds,turns,tokens,active_ms,usd,cost_known,files,additions,deletions,checks_ran,checks_failed,review_ms',
      'run_abcd,7,"Fix ""it"", now",/repository,,m,person:ada,failed,task,"first\nsecond",2026-01-01T00:00:00.000Z,,1,3,100,1000,0.25,false,,,,2,1,',
      '',
    ].join('\r\n'),
  );
});

test('no text becomes a formula in a spreadsheet', () => {
  for (const title of ['=HYPERLINK("http://x")', '+1', '-1+cmd', '@SUM(A1)', '\t=1', '\r=1', '  =1']) {
    const written = toCsv([{ ...row, title }]).slice(toCsv([]).length);
    expect(written.startsWith(`run_abcd,7,"'${title.replaceAll('"', '""')}",`)).toBe(true);
  }
});

test('JSON gives the rows back as they were', () => {
  expect(JSON.parse(toJson([row]))).toEqual([row]);
});
