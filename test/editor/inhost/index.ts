import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { type FigureName, type Name, names, type Report } from './names.ts';
import { tests } from './tests.ts';

/** ms for one test; the slowest takes a twentieth of it, and nearly half on cores that ten other programs share. */
const testMs = 480_000;

type Figures = Partial<Record<FigureName, number[]>>;

/** Null: it passed. */
const failureOf = async (name: Name, figures: Figures): Promise<string | null> => {
  try {
    await tests[name]((figure, ...ms) => {
      figures[figure] = [...(figures[figure] ?? []), ...ms];
    });
    return null;
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  } finally {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  }
};

/**
 * What VS Code calls in the extension host (`extensionTestsPath`). Runs one test after the other and writes what became of
 * each into the file that LONGHAUL_TEST_REPORT names. Rejects when one failed, as test-electron expects.
 */
export const run = async (): Promise<void> => {
  const file = process.env['LONGHAUL_TEST_REPORT'];
  if (file === undefined) throw new Error('LONGHAUL_TEST_REPORT names no file');
  const report: Record<string, Report[string]> = {};
  for (const name of names.filter((name) => name.includes(process.env['LONGHAUL_TEST_NAME'] ?? ''))) {
    const began = performance.now();
    const figures: Figures = {};
    const failure = await Promise.race([
      failureOf(name, figures),
      new Promise<string>((resolve) => setTimeout(resolve, testMs, `not done after ${testMs / 1000} s`).unref()),
    ]);
    report[name] = { failure, ms: performance.now() - began, figures };
    await writeFile(file, JSON.stringify(report, null, 2));
  }
  const failed = Object.values(report).filter(({ failure }) => failure !== null).length;
  if (failed > 0) throw new Error(`${failed} of ${names.length} tests failed; see ${file}`);
};
