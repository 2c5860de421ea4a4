import { z } from 'zod';
import { Preview } from '../../../shared/recipe/preview.ts';
import { nameOfImage } from '../../ground/delegation/attached.ts';
import { delegationInput, type Choices } from '../../ground/delegation/choices.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { problemOf } from '../../ground/problem/problem.ts';
import type { Holds } from './holds.ts';

/** What would hold with given choices: asked once for each, and again where there was no answer. */
export const holdsIn = (longhaul: Longhaul, repository: string): ((choices: Choices) => Promise<Holds>) => {
  const asked = new Map<string, Promise<Holds>>();
  return (choices) => {
    const key = JSON.stringify(choices);
    const before = asked.get(key);
    if (before !== undefined) return before;
    const asking = ask(longhaul, repository, choices).catch((error: unknown): Holds => {
      asked.delete(key);
      const { message, remedy } = problemOf(error);
      return { status: 'unknown', reason: `${message} ${remedy}`.trim() };
    });
    asked.set(key, asking);
    return asking;
  };
};

const ask = async (longhaul: Longhaul, repository: string, choices: Choices): Promise<Holds> => {
  const api = await longhaul.connection.api();
  // Any goal: nothing that would hold depends on it.
  const input = {
    ...delegationInput({ goal: 'preview', repository, choices }),
    // Nothing is uploaded for it: only how many there are counts.
    images: choices.images.map((image) => ({ name: nameOfImage(image), blob: noBlob })),
  };
  const { state } = longhaul.connection;
  if (state.status === 'connected' && !state.local) {
    const { runCommand } = await import('../../ground/connection/elsewhere.ts');
    const tell = (line: string): void => longhaul.log.info(line);
    const words = ['delegate', '--preview', '--unchecked', '--from-json'];
    return {
      status: 'known',
      ...Answer.parse(await runCommand(longhaul.extension, state.url, { words, input, tell })),
    };
  }
  const { recipe, priority, budget, policy, setup, verification, model, decisionHours } = input;
  const own = { recipe, priority, budget, policy, setup, verification, model, decisionHours };
  const preview = await api.runs.preview.query({
    ...own,
    images: choices.images.length,
    settings: { kind: 'folder', path: repository },
  });
  return { status: 'known', preview };
};

const noBlob = '0'.repeat(64);

const Answer = z.object({ preview: Preview });
