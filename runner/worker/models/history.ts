import type { ModelItem } from '../../../shared/run/model-item.ts';

/**
 * The context as any endpoint takes it: what a model once said wrongly must not have every later request refused. Names of calls are made
 * of the characters that all APIs allow, arguments are an object, and people (and Longhaul) speak once between two turns of the model, since
 * the templates of some models want the roles to alternate. Nothing is changed of what was well.
 */
export function validHistory(items: readonly ModelItem[]): readonly ModelItem[] {
  const valid: ModelItem[] = [];
  for (const item of items) {
    const last = valid.at(-1);
    if (item.type === 'message' && item.role === 'user' && last?.type === 'message' && last.role === 'user')
      valid[valid.length - 1] = { ...last, text: `${last.text}\n\n${item.text}` };
    else if (item.type !== 'call') valid.push(item);
    else valid.push({ ...item, name: validName(item.name), arguments: objectText(item.arguments) });
  }
  return valid;
}

/** As OpenAI has it, which is the narrowest that is known. */
const validName = (name: string): string => name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'unnamed';

/** The text as it is where it is a JSON object; else an object that quotes it. */
const objectText = (text: string): string => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text;
  } catch {
    // It is quoted, too.
  }
  return JSON.stringify({ malformed: text });
};
