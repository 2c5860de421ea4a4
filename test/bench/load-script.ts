import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { calls, scripted, type Script } from '../fakes/openai/index.ts';

/** Every so many runs ask a person something, and park for the answer. */
const askingEvery = 4;
export const asks = (label: number): boolean => label % askingEvery === 0;

export const goalOf = (label: number): string => `Load run ${label}: turn alpha into beta.`;
const labelIn = (text: string): number => Number(/Load run (\d+):/.exec(text)?.[1]);

/** ms to the first token, 50 to 150: the same for the same turn of the same run. */
const firstTokenMs = (label: number, turn: number): number =>
  50 + (createHash('sha256').update(`${label} ${turn}`).digest().readUInt32BE() % 100);

/** ms from one event of an answer to the next; an answer has some ten of them. */
export const paceMs = 5;

/** What the model was asked: how often, by run and turn. */
export type Journal = Map<string, number>;
export const turnsOf = (label: number): readonly string[] =>
  Array.from({ length: asks(label) ? 3 : 2 }, (_, turn) => `${label} ${turn}`);

/** A small repair in two turns or three, at the pace of a fast model. */
export const loadScript = (journal: Journal): Script => {
  const edit = (label: number) => calls('edit', { path: 'notes.txt', old: 'alpha', new: `beta ${label}` });
  const ask = calls('ask', { question: 'Which beta?', choices: ['the first', 'the second'] });
  const finish = calls('finish', { summary: 'Alpha is beta now.', claims: [] });
  return async (asked, place) => {
    const label = labelIn(asked.entries.map(({ text }) => text).join('\n'));
    const key = `${label} ${place.turn}`;
    journal.set(key, (journal.get(key) ?? 0) + 1);
    await pause(firstTokenMs(label, place.turn));
    return scripted(asks(label) ? [edit(label), ask, finish] : [edit(label), finish])(asked, place);
  };
};
