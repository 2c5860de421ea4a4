import { expect, test } from 'vitest';
import { calls, together, type Asked } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { Rig } from '../harness/rig.ts';

const shop = `exports.total = (items) => {
  return items.length;
};

exports.discount = (items) => {
  const many = items.length > 10;
  return many ? 0.1 : 0;
};
`;
const shopTest = `const assert = require('node:assert');
const test = require('node:test');
const { total } = require('./shop.js');
test('a total', () => {
  assert.equal(total(['apple']), 1);
});
`;
const other = 'def other\n  1\nend\n';

const madeIn = ({ entries }: Asked): readonly string[] =>
  entries.flatMap(({ by, call }) => (by === 'call' && call !== null ? [call] : []));

const commands = [
  'node --test',
  // It would fail if it could not be had without its lines being counted.
  'node -e "process.exit(process.env.NODE_V8_COVERAGE ? 1 : 0)"',
  String.raw`printf 'SF:other.rb\nDA:1,1\nDA:2,0\nDA:99,1\nend_of_record\nSF:../../etc/passwd\nDA:1,1\n' > report.lcov && printf 'SF:/workspace/other.rb\nDA:1,1\nDA:2,0\n' > lcov.info`,
];

test('a reviewer is told which changed lines verification ran, by what the system counted and by fresh reports, and of nothing else', async () => {
  await using rig = await Rig.start({
    script: (asked) => {
      const [first] = madeIn(asked);
      return first === undefined
        ? together(
            calls('write', { path: 'shop.js', content: shop }),
            calls('write', { path: 'shop.test.js', content: shopTest }),
            calls('write', { path: 'other.rb', content: other }),
            calls('write', { path: 'notes.md', content: '# Notes\n' }),
          )
        : calls('finish', { summary: 'Done.', claims: [{ text: 'Made', calls: [first] }] });
    },
  });
  // A report that lies in the repository is none of this verification's.
  const repository = await repositoryWith({
    'coverage/lcov.info': 'SF:shop.js\nDA:6,1\nDA:7,1\nend_of_record\nSF:notes.md\nDA:1,1\n',
  });
  const verification = commands.map((command) => ({ command, network: [], timeoutSeconds: 60 }));
  const { id, number } = await rig.delegate({ goal: 'Make it.', repository, verification });
  await rig.settled(id, ({ status }) => status === 'reviewing');

  const bodies = (await rig.events(id)).map(({ body }) => body);
  expect(
    bodies.flatMap((body) => (body.type === 'verification.finished' ? [[body.command, body.exitCode]] : [])),
  ).toEqual(commands.map((command) => [command, 0]));
  expect(
    bodies.flatMap((body) => (body.type === 'verification.counted' ? [[body.index, body.run, body.missed]] : [])),
  ).toEqual([
    [0, 7, 2],
    [2, 1, 1],
  ]);

  const { coverage } = await rig.api.runs.diff.query({ run: id });
  expect(coverage).toEqual([
    {
      command: commands[0],
      files: [
        { path: 'shop.js', run: [[1, 2]], missed: [[6, 7]] },
        { path: 'shop.test.js', run: [[1, 5]], missed: [] },
      ],
    },
    { command: commands[1], files: [] },
    { command: commands[2], files: [{ path: 'other.rb', run: [[1, 1]], missed: [[2, 2]] }] },
  ]);

  const cli = async (...args: readonly string[]) => (await rig.cli([...args], { cwd: repository })).stdout;
  const lines = [
    '! other.rb: run by verification (1 of 2 changed lines)',
    '! shop.js: run by verification (2 of 4 changed lines)',
    '  shop.test.js: run by verification (5 changed lines)',
  ];
  const told = ['Changed lines that verification ran', ...lines.map((line) => `    ${line}`)].join('\n');
  const shown = await cli('show', String(number));
  expect(shown).toContain(told);
  expect(shown).not.toMatch(/notes\.md: (?:not )?run/);
  for (const line of lines) expect(await cli('diff', String(number), '--stat')).toContain(line);
});
