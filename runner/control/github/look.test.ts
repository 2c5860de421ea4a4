import { expect, test } from 'vitest';
import { remarksOf } from './look.ts';
import { octokitModules, octokitOptions } from './octokit.ts';

/** What docs.github.com/rest/pulls/reviews has of a remark, as much as is read. */
const remark = (body: string, more: object = {}) => ({ id: 1, path: 'sum.js', line: 3, side: 'RIGHT', body, ...more });

const answering = async (remarks: readonly object[]) => {
  const asked: string[] = [];
  const { Octokit } = await octokitModules();
  const octokit = new Octokit({
    ...octokitOptions({ apiUrl: 'https://api.github.com' }),
    request: {
      fetch: (url: string) => {
        asked.push(url);
        return Promise.resolve(Response.json(remarks));
      },
    },
  });
  const repository = { owner: 'acme', repo: 'shop' };
  return { asked, told: await remarksOf({ octokit, repository, number: 7, review: 12 }) };
};

test('each remark of a review is told with its path and line, one of a line that is gone with its path', async () => {
  const { asked, told } = await answering([
    remark('Round it.'),
    remark('Was it wrong?', { side: 'LEFT' }),
    remark('And this?', { line: null, path: 'total.js' }),
    remark('  '),
  ]);
  expect(told).toBe('sum.js:3: Round it.\n\nsum.js: Was it wrong?\n\ntotal.js: And this?');
  expect(asked).toEqual([expect.stringContaining('/repos/acme/shop/pulls/7/reviews/12/comments')]);
});

test('remarks are bounded and cannot steer a terminal; of a review without any nothing is told', async () => {
  const { told } = await answering([remark(`\u001b[2J${'x'.repeat(9000)}`), remark('y'.repeat(9000))]);
  expect([told.length, told.at(-1), told.includes('\u001b')]).toEqual([12_001, '…', false]);
  expect((await answering([])).told).toBe('');
});
