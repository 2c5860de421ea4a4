import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReport } from './reports.ts';

const every = () => true;

const read = (text: string) => {
  const report = readReport(text, every);
  return report?.files.map(({ name, lines }) => [name, Object.fromEntries(lines)]);
};

describe('a report is read', () => {
  test('of lcov, with line breaks and a byte order mark of another system', () => {
    const text =
      'TN:\nSF:src/a.js\nFN:1,f\nDA:1,3\nDA:2,0\nend_of_record\nSF:src/b c.js\nDA:7,1,checksum\nend_of_record\n';
    const expected = [
      ['src/a.js', { 1: true, 2: false }],
      ['src/b c.js', { 7: true }],
    ];
    expect(read(text)).toEqual(expected);
    expect(read(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual(expected);
  });

  test('of Go, by blocks: a line that is in two was run if one of them was', () => {
    const text =
      'mode: set\nexample.org/shop/cart.go:3.20,5.2 1 1\nexample.org/shop/cart.go:5.2,7.3 2 0\nexample.org/shop/sum.go:1.1,1.9 1 0\n';
    const expected = [
      ['example.org/shop/cart.go', { 3: true, 4: true, 5: true, 6: false, 7: false }],
      ['example.org/shop/sum.go', { 1: false }],
    ];
    expect(read(text)).toEqual(expected);
    expect(read(text.replaceAll('\n', '\r\n'))).toEqual(expected);
    expect(readReport(text, every)?.format).toBe('go');
  });

  test('of Cobertura, with the folders that its names are below', () => {
    const text = `<?xml version="1.0" ?>
<coverage line-rate="0.5"><sources><source>/workspace/src</source><source>.</source></sources>
<packages><package><classes><class name="a" filename="shop/a&amp;b.py" line-rate="1">
<methods/><lines><line number="1" hits="2"/><line hits='0' number='2' branch="true"/></lines></class></classes></package></packages></coverage>`;
    expect(readReport(text, every)).toEqual({
      format: 'cobertura',
      sources: ['/workspace/src', '.'],
      files: [
        {
          name: 'shop/a&b.py',
          lines: new Map([
            [1, true],
            [2, false],
          ]),
        },
      ],
    });
  });

  test('of coverage.py, as JSON', () => {
    const text = JSON.stringify({
      meta: { format: 3, version: '7.10.0' },
      files: {
        'shop/cart.py': { executed_lines: [1, 2], missing_lines: [3], excluded_lines: [9], summary: {} },
        'shop/none.py': { executed_lines: 'all' },
      },
      totals: {},
    });
    expect(readReport(text, every)).toMatchObject({ format: 'json', sources: [] });
    expect(read(text)).toEqual([['shop/cart.py', { 1: true, 2: true, 3: false }]]);
  });

  test('of Istanbul, as JSON, by statements: a line of two was run if one of them was', () => {
    const at = (line: number) => ({ start: { line, column: 0 }, end: { line: line + 1, column: null } });
    const text = JSON.stringify({
      '/workspace/src/cart.ts': {
        path: '/workspace/src/cart.ts',
        statementMap: { 0: at(1), 1: at(4), 2: at(4), 3: at(7), 4: at(9) },
        s: { 0: 3, 1: 0, 2: 1, 3: 0 },
        branchMap: {},
      },
      total: { lines: { total: 1 } },
    });
    expect(read(text)).toEqual([['/workspace/src/cart.ts', { 1: true, 4: true, 7: false }]]);
  });

  test('as far as it goes, where it is cut or wrong', () => {
    expect(read('SF:a.js\nDA:1,1\nDA:2')).toEqual([['a.js', { 1: true }]]);
    expect(
      read('DA:1,1\nSF:\nDA:2,1\nSF:a.js\nDA:x,1\nDA:-1,1\nDA:0,1\nDA:1.5,1\nDA:3,-1\nDA:1e9,1\nend_of_record'),
    ).toEqual([]);
    expect(read('mode: set\na.go:1.1,x 1 1\na.go:9.1,3.1 1 1\na.go\n')).toEqual([]);
    expect(read('<coverage><line number="1" hits="1"/><class filename=a><line number="1" hits="1"/>')).toEqual([]);
    for (const text of [
      '{',
      '{}',
      '{"files":null}',
      '{"files":[1]}',
      '{"__proto__":{"files":{}}}',
      '{"files":{"a":{}}}',
    ])
      expect(read(text)).toEqual([]);
    expect(read('')).toEqual([]);
  });

  test('not at all, where it speaks of more lines than anybody changes', () => {
    const text = 'mode: set\na.go:1.1,999999999.1 1 1\nb.go:1.1,2.1 1 1\n';
    expect(readReport(text, every)).toBeNull();
    expect(readReport(text, (name) => name === 'b.go')?.files).toEqual([
      {
        name: 'b.go',
        lines: new Map([
          [1, true],
          [2, true],
        ]),
      },
    ]);
  });
});

test('whatever a report holds, what is read of it are lines of named files, and in time', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'SF:',
      'DA:',
      ',',
      '\n',
      'end_of_record',
      'mode: set\n',
      ':1.1,',
      '9.9 1 1',
      '<class',
      '<line ',
      '>',
    ),
    fc.constantFrom(
      '<coverage>',
      ' filename="',
      ' number="',
      ' hits="',
      '"',
      '/../..',
      '\uFEFF',
      '\u0000',
      '1'.repeat(400),
      '{"files":{"a":{"executed_lines":[1,-1],"missing_lines":[',
      ']}}}',
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom('', 'mode: set\n', '<coverage>', 'SF:a\n', '{'), fc.array(piece), (head, pieces) => {
      for (const { name, lines } of readReport(head + pieces.join(''), every)?.files ?? []) {
        expect(name).not.toBe('');
        for (const line of lines.keys()) expect(line).toBeGreaterThan(0);
      }
    }),
  );
});

test.each(['<class', '<line ', '<source>', 'DA:1', ':1.1,', ':1', '\n', '&amp;'])(
  'a report that is %j a million times is read in time',
  (piece) => {
    for (const head of ['<coverage>', 'mode: set\n', 'SF:a\n', '{"files":'])
      expect(readReport(head + piece.repeat(1_000_000), every)?.files).toEqual([]);
  },
);
