import { t } from '@vscode/l10n';
import { Json, type DecisionRequest } from '../../../shared/decision/decision.ts';
import { budgetRaise } from '../../../shared/run/reduce-decisions.ts';
import { withField, type Field } from '../../ground/decision/field.ts';
import { parseCall } from '../../../shared/policy/call.ts';
import { faultOf, type Fault } from './json-fault.ts';

/** Edited arguments: fit to be sent, or why not. */
export type Edited =
  | { readonly outcome: 'ok'; readonly arguments: Json }
  /** `at`: where, if it is one place. */
  | { readonly outcome: 'invalid'; readonly message: string; readonly at?: Fault };

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
          message: t(
            'Give an object with "budget": {0} and a positive number as "limit".',
            JSON.stringify(asked?.budget ?? 'turns'),
          ),
        }
      : json;
  }
  if (request.kind !== 'call' || request.tool === null)
    return { outcome: 'invalid', message: t('This decision has no arguments to edit.') };
  return parseArguments(request.tool, json.arguments);
};

/** The same of a document that holds one field: all others are as they were asked about. */
export const parseEditedField = (
  { tool, arguments: asked }: Pick<DecisionRequest, 'tool' | 'arguments'>,
  { name }: Pick<Field, 'name'>,
  text: string,
): Edited => parseArguments(tool ?? '', withField(asked, name, text));

const parseArguments = (tool: string, args: Json): Edited => {
  const parsed = parseCall(tool, args);
  return parsed.outcome === 'invalid' ? parsed : { outcome: 'ok', arguments: args };
};

const parseJson = (text: string): Edited => {
  const fault = faultOf(text);
  if (fault !== null)
    return {
      outcome: 'invalid',
      message: t('Line {0}, column {1}: expected {2}.', fault.line, fault.column, fault.expected),
      at: fault,
    };
  const json = Json.safeParse(JSON.parse(text));
  return json.success
    ? { outcome: 'ok', arguments: json.data }
    : { outcome: 'invalid', message: json.error.issues.map(({ message }) => message).join('; ') };
};
