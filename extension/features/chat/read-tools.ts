import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import { answer, type Tool } from './tool.ts';
import { resultText, statusText } from './result-text.ts';
import { runByNumber, runsFor } from './runs.ts';
import { ResultToolInput, StatusToolInput } from './tool-inputs.ts';

interface ReadTool {
  /** What is read, said to the person who is asked whether it may be, and while it is. */
  readonly reads: (input: object) => { readonly asked: string; readonly under: string };
  /** Throws what the connection throws. */
  readonly read: (input: object) => Promise<string>;
}

/** Reads, and changes nothing. A person confirms each call all the same: what is read goes to another model. */
const readTool = ({ reads, read }: ReadTool): Tool => ({
  prepareInvocation: ({ input }) => ({
    invocationMessage: reads(input).under,
    confirmationMessages: {
      title: t('Read from Longhaul'),
      message: new vscode.MarkdownString().appendText(reads(input).asked),
    },
  }),
  invoke: async ({ input }) => {
    try {
      return answer(await read(input));
    } catch (error) {
      const { message, remedy } = problemOf(error);
      return answer(`Nothing was read. ${message} ${remedy}`);
    }
  },
});

/** What background agents are at. */
export const statusTool = (longhaul: Longhaul): Tool =>
  readTool({
    reads: (input) => {
      const { data } = StatusToolInput.safeParse(input);
      return typeof data?.run === 'number'
        ? {
            asked: t('The chat model reads the state of run {0}.', data.run),
            under: t('Reading the state of run {0}', data.run),
          }
        : {
            asked: t('The chat model reads what background agents are at.'),
            under: t('Reading what background agents are at'),
          };
    },
    read: async (input) => {
      const parsed = StatusToolInput.safeParse(input);
      if (!parsed.success) return 'Nothing was read: "run" is the number of a run.';
      const number = parsed.data.run ?? null;
      const runs = await runsFor(longhaul, number);
      if (runs.length > 0) return runs.map(statusText).join('\n');
      return number === null ? 'Nothing has been delegated yet.' : `There is no run ${number}.`;
    },
  });

/** What one of them has brought. */
export const resultTool = (longhaul: Longhaul): Tool =>
  readTool({
    reads: (input) => {
      const { data } = ResultToolInput.safeParse(input);
      return data === undefined
        ? { asked: t('The chat model reads the result of a run.'), under: t('Reading the result of a run') }
        : {
            asked: t('The chat model reads the report, the checks and the patch of run {0}.', data.run),
            under: t('Reading the report, the checks and the patch of run {0}', data.run),
          };
    },
    read: async (input) => {
      const parsed = ResultToolInput.safeParse(input);
      if (!parsed.success) return 'Nothing was read: "run" has to be the number of a run.';
      const found = await runByNumber(longhaul, parsed.data.run);
      if (found === undefined) return `There is no run ${parsed.data.run}.`;
      const api = await longhaul.connection.api();
      const state = await api.runs.get.query({ run: found.id });
      return resultText(state, state.result === null ? null : await api.runs.diff.query({ run: found.id }));
    },
  });
