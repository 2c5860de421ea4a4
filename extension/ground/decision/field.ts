import { Json, type DecisionRequest } from '../../../shared/decision/decision.ts';

/** The field of a call's arguments that matters to a person, as a document in its own language. */
export interface Field {
  readonly name: 'content' | 'new' | 'command' | 'patch';
  readonly text: string;
  /** The name of a file in its language. */
  readonly file: string;
}

const byTool = { write: 'content', edit: 'new', bash: 'command', apply_patch: 'patch' } as const;
const isTool = (tool: string): tool is keyof typeof byTool => Object.hasOwn(byTool, tool);

const fieldsOf = (args: Json): Readonly<Record<string, Json>> =>
  typeof args === 'object' && args !== null && !Array.isArray(args) ? args : {};

/** Null: there is none, or an editor would not give back what it is given. The arguments are edited as JSON then. */
export const fieldOf = ({
  kind,
  tool,
  arguments: args,
}: Pick<DecisionRequest, 'kind' | 'tool' | 'arguments'>): Field | null => {
  if (kind !== 'call' || tool === null || !isTool(tool)) return null;
  const name = byTool[tool];
  const { [name]: text, path } = fieldsOf(args);
  if (typeof text !== 'string' || !isKept(text)) return null;
  if (name === 'command') return { name, text, file: 'command.sh' };
  if (name === 'patch') return { name, text, file: 'patch.diff' };
  const file = typeof path === 'string' ? path.replace(/^.*[/\\]/, '') : '';
  return { name, text, file: file === '' ? 'content' : file };
};

/** Whether an editor gives back a text as it is: one kind of line end, nothing that is no text, no mark of an encoding. */
const isKept = (text: string): boolean => {
  const ends = new Set(text.match(/\r\n|\r|\n/g));
  return text.isWellFormed() && !/^\ufeff|\0|[\u2028\u2029]/.test(text) && ends.size < 2 && !ends.has('\r');
};

/** The arguments with another text in a field; all others stay as they are. */
export const withField = (args: Json, name: Field['name'], text: string): Json =>
  Json.parse({ ...fieldsOf(args), [name]: text });

/** The arguments without a field. */
export const besides = (args: Json, name: Field['name']): Json =>
  Json.parse(Object.fromEntries(Object.entries(fieldsOf(args)).filter(([key]) => key !== name)));
