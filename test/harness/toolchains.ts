/** A small repository in one language, and what runs its tests in the sandbox, without network. */
export interface Toolchain {
  readonly name: string;
  /** On the PATH of commands; where one is missing, the machine does not have the toolchain. */
  readonly needs: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly command: string;
  /** Printed by the tests when they pass. */
  readonly passed: RegExp;
}

const asan = `#include <stdlib.h>
#include <stdio.h>
int sum(const int *of, int count) { int all = 0; for (int at = 0; at < count; at++) all += of[at]; return all; }
int main(int argc, char **argv) {
  int *numbers = calloc(3, sizeof *numbers);
  numbers[1] = 2;
  if (sum(numbers, 3 + (argc > 1)) != 2) return 1;
  free(numbers);
  puts("sum is right");
  return 0;
}
`;

export const toolchains: readonly Toolchain[] = [
  {
    name: 'Node',
    needs: ['node'],
    files: {
      'sum.test.js':
        "const test = require('node:test');\ntest('sum', () => { if (1 + 1 !== 2) throw new Error('no'); });\n",
    },
    command: 'node --test',
    passed: /pass 1\b/,
  },
  {
    name: 'Python with venv',
    needs: ['python3'],
    files: {
      'test_sum.py':
        'import sys, unittest\nclass Sum(unittest.TestCase):\n    def test(self):\n        self.assertTrue(sys.prefix.endswith(".venv"))\n',
    },
    command: 'python3 -m venv --without-pip .venv && .venv/bin/python -m unittest -v',
    passed: /Ran 1 test[\s\S]*OK/,
  },
  {
    name: 'Rust with cargo',
    needs: ['cargo', 'cc'],
    files: {
      'Cargo.toml': '[package]\nname = "sum"\nversion = "0.1.0"\nedition = "2021"\n',
      'src/lib.rs': '#[test]\nfn sum() { assert_eq!(1 + 1, 2); }\n',
    },
    command: 'cargo test --offline',
    passed: /1 passed/,
  },
  {
    name: 'Go',
    needs: ['go'],
    files: {
      'go.mod': 'module example.org/sum\n\ngo 1.18\n',
      'sum_test.go':
        'package sum\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif 1+1 != 2 {\n\t\tt.Fatal("no")\n\t}\n}\n',
    },
    command: 'GOFLAGS=-mod=mod GOPROXY=off go test ./...',
    passed: /ok\s+example\.org\/sum/,
  },
  {
    name: 'Java',
    needs: ['java', 'javac'],
    files: {
      'SumTest.java':
        'public class SumTest { public static void main(String[] a) { if (1 + 1 != 2) throw new AssertionError(); System.out.println("sum is right"); } }\n',
    },
    command: 'javac -d out SumTest.java && java -ea -cp out SumTest',
    passed: /sum is right/,
  },
  {
    name: 'C with sanitizers',
    needs: ['gcc'],
    files: { 'sum.c': asan },
    // LeakSanitizer wants ptrace, which no sandbox gives. A read past the end has to be found.
    command:
      'export ASAN_OPTIONS=detect_leaks=0; gcc -g -fsanitize=address,undefined -o sum sum.c && ./sum && ! ./sum past 2>found && grep -o heap-buffer-overflow found | head -n 1',
    passed: /sum is right\nheap-buffer-overflow/,
  },
  {
    name: 'PHP',
    needs: ['php'],
    files: {
      'test.php': '<?php\nif (1 + 1 !== 2) exit(1);\necho json_encode(["sum" => "is right"]), "\\n";\n',
    },
    command: 'php test.php',
    passed: /\{"sum":"is right"\}/,
  },
  {
    name: 'Ruby',
    needs: ['ruby'],
    files: { 'test_sum.rb': 'require "json"\nraise "no" unless 1 + 1 == 2\nputs JSON.dump({ sum: "is right" })\n' },
    command: 'ruby test_sum.rb',
    passed: /\{"sum":"is right"\}/,
  },
];
