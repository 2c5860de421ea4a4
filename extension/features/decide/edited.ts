import { Json, type DecisionRequest } from '../../../shared/decision/decision.ts';
import { budgetRaise } from '../../../shared/run/reduce-decisions.ts';
import { parseCall } from '../../../shared/policy/call.ts';

/** Edited arguments: fit to be sent, or why not. */
export type Edited =
  | { readonly outcome: 'ok'; readonly arguments: Json }
  | { readonly outcome: 'invalid'; readonly message: string };

/** Checks what a person wrote by the rules that the runner checks it by, so that a mistake shows while it is made. */
export const parseEdited = (request: Pick<DecisionRequest, 'kind' | 'tool' | 'arguments'>, text: string): Edited => {
  const json = parseJson(text);
  if (json.outcome === 'invalid') return json;
  if (request.kind === 'budget') {
    const raise = budgetRaise(json.arguments);
    const asked = budgetRaise(request.arguments);
    return raise === null || asked === null || raise.budget !== asked.budget
      ? {
          outcome: 'invalid',
          message: `Give {"budget": ${JSON.stringify(asked?.budget ?? 'turns')}, "limit": a positive number}.`,
        }
      : json;
  }
  if (request.kind !== 'call' || request.tool === null)
    return { outcome: 'invalid', message: 'This decision has no arguments to edit.' };
  const parsed = parseCall(request.tool, json.arguments);
  return parsed.outcome === 'invalid' ? parsed : json;
};

const parseJson = (text: string): Edited => {
  try {
    return { outcome: 'ok', arguments: Json.parse(JSON.parse(text)) };
  } catch (error) {
    return { outcome: 'invalid', message: error instanceof Error ? error.message : String(error) };
  }
};
