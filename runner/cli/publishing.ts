import { isOutputEffect, placeOf, type Effect, type EffectResult, type EffectState } from '../../shared/run/effect.ts';
import { askedToPublish } from '../../shared/run/publish-decision.ts';
import { pullRequestName } from '../../shared/run/pull-request.ts';
import { reduce } from '../../shared/run/reduce.ts';
import type { RunState } from '../../shared/run/state.ts';
import { lineOf } from '../../shared/run/summary.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { Trouble, usage } from '../../shared/trouble.ts';
import type { Api } from './connection/client.ts';
import type { CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { reconnecting } from './reconnect.ts';

/** What is said where a person did not want it. */
export const declined = (context: CommandContext): ExitCode => {
  context.note('Nothing was published.');
  context.printJson({ error: { code: 'declined', message: 'Nothing was published.', remedy: '' } });
  return exit.failed;
};

export const secretLines = (secrets: readonly string[]): readonly string[] =>
  secrets.length === 0 ? [] : ['Looks like a secret:', ...secrets.map((secret) => `  ${cleanLine(secret)}`), ''];

export const isConfirmed = async (
  { terminal }: CommandContext,
  { secrets }: { readonly secrets: readonly string[] },
): Promise<boolean> => {
  if (!terminal.interactive) throw usage('Publishing needs a person.', 'Publish at a terminal, or say --yes.');
  const question = secrets.length === 0 ? 'Publish this? [y/N] ' : 'Publish this, and what looks like a secret? [y/N] ';
  return /^y(es)?$/i.test(((await terminal.ask(question)) ?? '').trim());
};

type Keys = readonly string[];

/** What was asked for in a publication, as far as it has come. */
const asked = ({ effects }: RunState, keys: Keys): readonly EffectState[] =>
  effects.filter(({ key }) => keys.includes(key));

const isUnderWay = (state: RunState, keys: Keys): boolean => {
  const effects = asked(state, keys);
  return effects.every(({ status }) => status !== 'failed') && effects.some(({ status }) => status === 'requested');
};

/** Follows the run until it is known what came of it, or the person has seen enough. */
export const settled = async (
  context: CommandContext,
  api: Api,
  { state, position, keys }: { readonly state: RunState; readonly position: number; readonly keys: Keys },
): Promise<RunState> => {
  const { follow } = await import('./connection/feed.ts');
  const signal = context.interrupted();
  let now = state;
  context.note('Publishing…');
  if (!isUnderWay(now, keys)) return now;
  const connect = reconnecting(context, api, signal);
  for await (const event of follow({ run: state.id, after: position, signal, connect })) {
    if (event.seq !== now.seq + 1) continue;
    now = reduce(now, event) ?? now;
    if (event.body.type === 'effect.delayed')
      context.note(`${cleanLine(event.body.said)} Tried again at ${event.body.retryAt}.`);
    if (!isUnderWay(now, keys)) break;
  }
  return now;
};

interface Wanted {
  readonly state: RunState;
  readonly position: number;
  readonly keys: Keys;
  readonly wait: boolean;
}

/** Says what came of a wish to publish: that somebody is asked first, or what was made. Throws Trouble where that failed. */
export const toldOutcome = async (context: CommandContext, api: Api, wanted: Wanted): Promise<ExitCode> => {
  const { state, keys, wait } = wanted;
  const question = askedToPublish(state);
  if (question === undefined) return conclude(context, wait ? await settled(context, api, wanted) : state, keys);
  const { id } = question.request;
  context.printJson({ run: lineOf(state), effects: [], asked: id });
  context.print(`Asked: somebody with the role approver decides. See what waits: longhaul decisions ${id}`);
  return exit.done;
};

const madeText = (effect: Effect, { reference, url }: EffectResult): string => {
  if (isOutputEffect(effect)) {
    const place = placeOf(effect);
    return cleanLine(`${place.slice(0, 1).toUpperCase()}${place.slice(1)}`);
  }
  if (effect.kind === 'branch') return `Branch ${cleanLine(effect.branch)}`;
  switch (effect.kind) {
    case 'comment':
      return 'Comment';
    case 'replies':
      return 'Answers';
    case 'check':
      return 'Check';
    case 'pull request':
      return pullRequestName(url) === 'merge request' ? `Merge request ${reference}` : `Pull request ${reference}`;
  }
};

/** Says what came of it. Throws Trouble where it failed. */
export const conclude = (context: CommandContext, state: RunState, keys: Keys): ExitCode => {
  const effects = asked(state, keys);
  context.printJson({ run: lineOf(state), effects, asked: null });
  const failed = effects.find(({ status }) => status === 'failed');
  for (const each of effects) {
    if (each.status !== 'done') continue;
    const { reference, url, notes } = each.result;
    context.print(`${madeText(each.effect, each.result)}: ${url ?? reference.slice(0, 12)}`);
    for (const note of notes) context.note(cleanLine(note));
  }
  if (failed?.status === 'failed') throw new Trouble(cleanLine(failed.said), { remedy: cleanLine(failed.remedy) });
  if (isUnderWay(state, keys)) context.note(`It goes on without you: longhaul show ${state.number}`);
  return exit.done;
};
