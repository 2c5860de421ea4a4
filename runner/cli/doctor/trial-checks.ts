import type { Usage } from '../../../shared/run/model-item.ts';
import { toolArguments, type ToolName } from '../../../shared/tool/arguments.ts';
import { issueText } from '../../../shared/tool/issues.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import type { Switches } from '../../worker/models/switches.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { fail, ok, warn, type Check } from '../../machine/check.ts';
import { namesOf, type Answer, type Trial, type Turn } from './trial.ts';

/** What else of a model is known here, besides what the trial showed. */
export interface Known {
  readonly config: RunnerConfig['model'];
  /** Tokens; null: nobody said. */
  readonly contextWindow: number | null;
  /** US dollars; null: the price is not known. */
  readonly price: (usage: Usage) => number | null;
  /** Where switches are pinned. */
  readonly file: string;
}

/** Each capability by name, as the trial showed it. Pure. */
export const trialChecks = (trial: Trial, known: Known): readonly Check[] => {
  const answers = answersOf(trial);
  return [
    ...trial.turns.filter(({ asked }) => asked.length === 1).map(toolCheck),
    ...trial.turns.filter(({ asked }) => asked.length > 1).map(severalCheck),
    ...parts(trial, known.config),
    ...(answers.length === 0
      ? []
      : [reasoningCheck(answers), usageCheck(answers, known.price), ...oddityChecks(answers)]),
    windowCheck(known),
    ok('images', 'none are sent: Longhaul works with text alone'),
    ...pin(trial, known.file),
  ];
};

const answersOf = ({ turns }: Trial): readonly Answer[] =>
  turns.flatMap(({ got }) => (got.kind === 'answer' ? [got.answer] : []));

const callsOf = ({ items }: Answer) => items.flatMap((item) => (item.type === 'call' ? [item] : []));

const toolCheck = ({ asked, got }: Turn): Check => {
  const [tool] = asked;
  if (tool === undefined) throw new Error('a turn that asks for nothing');
  const name = `tool ${tool}`;
  switch (got.kind) {
    case 'not tried':
      return warn(name, 'not tried, because of what came before', '');
    case 'failed':
      return fail(name, got.failure.message, '');
    case 'answer': {
      const call = callsOf(got.answer).find((one) => one.name === tool);
      if (call === undefined) return warn(name, `not called: ${insteadOf(got.answer)}`, unfit);
      const wrong = wrongIn(tool, call.arguments);
      return wrong === null
        ? ok(name, 'called, with arguments that fit')
        : warn(name, `called with arguments that do not fit: ${wrong}`, unfit);
    }
  }
};

const unfit = 'Runs tell the model what was wrong and go on; if it happens with most tools, choose another model.';

const insteadOf = (answer: Answer): string => {
  const [call] = callsOf(answer);
  if (call !== undefined) return `the model called ${cleanLine(call.name).slice(0, 60)}`;
  const said = answer.items.flatMap((item) => (item.type === 'message' || item.type === 'refusal' ? [item.text] : []));
  return said.length === 0 ? 'the answer is empty' : `the model said "${cleanLine(said.join(' ')).slice(0, 120)}"`;
};

const wrongIn = (tool: ToolName, text: string): string | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'they are no JSON';
  }
  const parsed = toolArguments[tool].safeParse(value);
  return parsed.success ? null : issueText(parsed.error, 'arguments');
};

const severalCheck = ({ got }: Turn): Check => {
  const name = 'several calls at once';
  if (got.kind !== 'answer') return warn(name, 'not tried, because of what came before', '');
  const { length } = callsOf(got.answer);
  return ok(name, length > 1 ? `${length} in one answer` : 'one for each answer, so that runs take more turns');
};

/** Parts of a request by the APIs that have them, with what is said of them. */
const partsOf: Readonly<Record<RunnerConfig['model']['api'], readonly (readonly [keyof Switches, string])[]>> = {
  responses: [
    ['strict', 'strict tools'],
    ['parallelCalls', 'parallel_tool_calls'],
    ['encryptedReasoning', 'encrypted reasoning'],
    ['reasoning', 'reasoning effort'],
  ],
  chat: [
    ['strict', 'strict tools'],
    ['parallelCalls', 'parallel_tool_calls'],
    ['streamOptions', 'stream_options'],
    ['reasoning', 'reasoning effort'],
    ['returnReasoning', 'reasoning given back'],
  ],
  anthropic: [
    ['reasoning', 'reasoning effort'],
    ['returnReasoning', 'reasoning given back'],
  ],
};

const parts = (trial: Trial, { api, reasoningEffort }: RunnerConfig['model']): readonly Check[] => {
  const answered = answersOf(trial).length > 0;
  return partsOf[api].map(([name, title]): Check => {
    if (!trial.before[name]) return ok(title, 'left out, as the settings say');
    if (!trial.after[name]) return warn(title, 'refused: left out from then on', '');
    if (!answered) return warn(title, 'not known, because nothing was answered', '');
    if (name === 'reasoning')
      return ok(title, reasoningEffort === null ? "the model's own: none is set" : `${reasoningEffort} is taken`);
    if (name === 'returnReasoning') {
      const given = answersOf(trial).some(({ items }) => items.some(({ type }) => type === 'returned'));
      return ok(title, given ? 'taken' : 'nothing that has to go back');
    }
    return ok(title, 'taken');
  });
};

const reasoningCheck = (answers: readonly Answer[]): Check => {
  const shown = answers.filter(({ items }) => items.some(({ type }) => type === 'reasoning' || type === 'returned'));
  return ok(
    'reasoning',
    shown.length === 0 ? 'none is shown' : `comes with ${shown.length} of ${answers.length} answers`,
  );
};

const usageCheck = (answers: readonly Answer[], price: Known['price']): Check => {
  const told = answers.flatMap(({ usage }) => (usage === null ? [] : [usage]));
  if (told.length < answers.length)
    return warn(
      'usage',
      `told with ${told.length} of ${answers.length} answers`,
      'Budgets of tokens and cost count what is told; set a budget of turns (budget.turns).',
    );
  const tokens = told.reduce((sum, { input, output }) => sum + input + output, 0);
  const prices = told.map(price);
  const cost = prices.some((usd) => usd === null) ? null : prices.reduce<number>((sum, usd) => sum + (usd ?? 0), 0);
  const said = `${tokens} tokens in this trial`;
  return cost === null
    ? warn(
        'usage',
        `${said}; their price is not known`,
        'Cost is then "unknown" and no budget of it holds. Where the endpoint bills like a known provider: model.pricesOf.',
      )
    : ok('usage', `${said}, $${cost.toFixed(4)}`);
};

const oddityChecks = (answers: readonly Answer[]): readonly Check[] => {
  const odd = [...new Set(answers.flatMap(({ oddities }) => oddities))];
  return odd.length === 0
    ? []
    : [warn('odd answers', cleanLine(odd.join('; ')), 'They were passed over. What was in them is lost.')];
};

const windowCheck = ({ contextWindow }: Known): Check =>
  contextWindow === null
    ? warn(
        'context window',
        'not known: runs compact when the endpoint says that a context is too long',
        'Set model.contextWindow (LONGHAUL_CONTEXT_WINDOW), in tokens.',
      )
    : ok('context window', `${contextWindow} tokens`);

/** What the settings should say, so that no run has to find it out again. Empty: nothing was found out. */
export const foundOut = ({ before, after }: Trial): Readonly<Record<string, false>> =>
  Object.fromEntries(namesOf(after, false).flatMap((name) => (before[name] ? [[name, false] as const] : [])));

const pin = (trial: Trial, file: string): readonly Check[] => {
  const names = Object.keys(foundOut(trial));
  if (names.length === 0) return [];
  const lines = names.map((name) => `    ${name}: false`).join('\n');
  return [
    warn(
      'switches',
      `this endpoint does not know: ${names.join(', ')}`,
      `Each run finds that out with a request that fails. To have it so from the start, put into ${file}:\nmodel:\n  switches:\n${lines}`,
    ),
  ];
};
