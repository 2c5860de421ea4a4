import { expect, test } from 'vitest';
import { calls, scripted, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

test('a recipe of the command line decides what the agent is asked, told of and let do', async () => {
  const asked: Asked[] = [];
  const seen = (answer: (asked: Asked) => ReturnType<typeof calls>) => (request: Asked) => {
    asked.push(request);
    return answer(request);
  };
  await using rig = await Rig.start({
    script: scripted([
      // Not told of it, a model may still try.
      seen(() => calls('write', { path: 'answer.txt', content: '42' })),
      seen(() => calls('read', { path: 'cart.js', from: null, lines: null })),
      seen(({ entries }) =>
        calls('finish', {
          summary: 'It adds.',
          claims: [{ text: 'It adds', calls: [entries.findLast(({ by }) => by === 'call')!.call!] }],
        }),
      ),
    ]),
  });
  const repository = await repositoryWith({ 'cart.js': 'export const total = (a, b) => a + b;\n' });
  const delegated = await rig.cli(['delegate', '--recipe', 'explain', 'What does total do?', '--watch', '--json'], {
    cwd: repository,
  });
  expect(delegated).toMatchObject({ code: 0 });
  const { runs } = await rig.api.runs.list.query({});
  expect(runs).toHaveLength(1);
  expect(await rig.api.runs.get.query({ run: runs[0]!.id })).toMatchObject({
    status: 'completed',
    task: { recipe: 'explain', title: 'What does total do?', verification: [] },
    report: { summary: 'It adds.' },
  });
  const [first] = asked;
  expect(first?.tools).toEqual(['read', 'search', 'list', 'plan', 'ask', 'finish']);
  expect(first?.entries[0]?.text).toMatch(
    /^# Goal\nAnswer this .* change nothing:\n\nWhat does total do\?\n\nRead until/,
  );
  const judged = (await rig.events(runs[0]!.id)).flatMap(({ body }) =>
    body.type === 'call.judged' ? [[body.tool, body.verdict, body.rule]] : [],
  );
  expect(judged).toEqual([
    ['write', 'deny', 'recipe-tools'],
    ['read', 'allow', null],
    ['finish', 'allow', null],
  ]);
  expect(await rig.cli(['show', '1'])).toMatchObject({ stdout: expect.stringContaining('recipe     explain') });
});
