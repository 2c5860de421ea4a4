import { expect, test } from 'vitest';
import { linesText, patchedFiles, sumText } from './patched-files.ts';

const patch = `diff --git a/a.ts b/a.ts
index 1111111..2222222 100644
--- a/a.ts
+++ b/a.ts
@@ -1,2 +1,3 @@
 one
-two
+deux
+trois
diff --git a/old.ts b/new.ts
similarity index 100%
rename from old.ts
rename to new.ts
diff --git a/gone.ts b/gone.ts
deleted file mode 100644
index 1111111..0000000
--- a/gone.ts
+++ /dev/null
@@ -1 +0,0 @@
-one
`;

test('the files of a patch are told with their lines, and in all', () => {
  const files = patchedFiles(patch);
  expect(files.map((file) => [file.path, linesText(file)])).toEqual([
    ['a.ts', '+2 -1'],
    ['old.ts → new.ts', '+0 -0'],
    ['gone.ts', '+0 -1'],
  ]);
  expect(sumText(files)).toBe('3 files, +2 -2');
  expect(linesText({ lines: null })).toBe('binary');
});
