import { clean, cleanLine } from '../../text/clean.ts';
import type { DecisionRequest, DecisionVerdict } from '../../decision/decision.ts';
import type { EventBody, ReviewComment } from '../events.ts';

export type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>;
/** The types of events whose names begin with this. */
export type Of<Family extends string> = Extract<EventBody['type'], `${Family}.${string}`>;

/** How it stands: `busy` is not over, `note` neither good nor bad; `person` and `model` say something. */
export type Mark = 'ok' | 'bad' | 'busy' | 'note' | 'warning' | 'person' | 'model';

/** A text under a label, safe to show as it is. */
export interface Part {
  readonly label: string;
  readonly text: string;
}

/** A tool call with what became of it. */
export interface CallFacts {
  /** Counts from 1 through the whole run: claims point to these numbers. */
  readonly number: number;
  /** Providers number calls as they like: not the only one of this id. */
  readonly id: string;
  readonly turn: number;
  readonly tool: string;
  readonly arguments: Body<'call.judged'>['arguments'];
  readonly verdict: Body<'call.judged'>['verdict'];
  readonly reason: string;
  /** How often it was started; more than once where a worker died in its middle. */
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly finished: Pick<
    Body<'call.finished'>,
    'outcome' | 'output' | 'outputBlob' | 'exitCode' | 'durationMs' | 'refusedHosts' | 'reachedHosts'
  > | null;
}

/** A command that Longhaul ran itself. */
export interface CommandFacts extends Pick<
  Body<'verification.finished'>,
  | 'index'
  | 'command'
  | 'outcome'
  | 'exitCode'
  | 'durationMs'
  | 'output'
  | 'outputBlob'
  | 'refusedHosts'
  | 'reachedHosts'
> {
  /** `setup on the …`: before verification, on that tree. */
  readonly phase: 'setup' | 'setup on the base' | 'setup on the result' | 'verification';
}

export interface DecisionFacts {
  /** As it stands last: one that is asked again waits until another time. */
  readonly request: DecisionRequest;
  readonly requestedAt: string;
  /**
   * `withdrawn`: nobody decided it before it was asked anew, about another tree or another attempt. `void`: the run ended first; it waits again
   * if the run goes on. `moot`: of publishing a result that was published or judged otherwise, or is none any more.
   */
  readonly status: 'pending' | 'expired' | 'decided' | 'withdrawn' | 'void' | 'moot';
  readonly made: { readonly verdict: DecisionVerdict; readonly by: string; readonly at: string } | null;
}

interface RetryFacts {
  readonly what: 'model call failed' | 'model call lost' | 'worker lost' | 'no worker began';
  readonly message: string;
  readonly retryAt: string | null;
}

interface ReviewFacts {
  readonly by: string;
  readonly verdict: Body<'review.decided'>['verdict'];
  readonly text: string;
  readonly comments: readonly ReviewComment[];
}

/** What a moment is of, with the facts that a reader may want to show in another way than as a line. As they are in the log: not safe to show. */
export type About =
  | { readonly kind: 'call'; readonly call: CallFacts }
  | { readonly kind: 'command'; readonly command: CommandFacts }
  | { readonly kind: 'decision'; readonly decision: DecisionFacts }
  | { readonly kind: 'retry'; readonly retry: RetryFacts }
  | { readonly kind: 'message'; readonly message: { readonly by: string; readonly text: string } }
  | { readonly kind: 'review'; readonly review: ReviewFacts }
  | {
      readonly kind: 'application';
      readonly application: Pick<Body<'changes.applied'>, 'by' | 'how' | 'target' | 'files' | 'conflicts'>;
    }
  /** `delegation` and `plan`: what a page says elsewhere. `queue`: it waits for a worker, or has its first. `delay`: no worker began so far. `run`: anything else. */
  | { readonly kind: 'delegation' | 'queue' | 'plan' | 'turn' | 'report' | 'repair' | 'changes' | 'delay' | 'run' };

/** One thing that happened in a run, as far as it has come. All texts but those in `about` are safe to show. */
export interface Moment {
  /** It stays the same when more becomes known. */
  readonly key: string;
  /** When it began. */
  readonly at: string;
  /** From 1. */
  readonly round: number;
  readonly mark: Mark;
  /** One line. */
  readonly text: string;
  /** What somebody said, whole, in as many lines as it has; empty: nothing. */
  readonly said: string;
  /** More about it, in one line; empty: nothing. */
  readonly detail: string;
  readonly parts: readonly Part[];
  /** The whole of an output of which a part is shown, or a patch. */
  readonly blob: string | null;
  readonly about: About;
}

export type MomentOf<Kind extends About['kind']> = Moment & { readonly about: Extract<About, { kind: Kind }> };

export const isOf =
  <Kind extends About['kind']>(kind: Kind) =>
  (moment: Moment): moment is MomentOf<Kind> =>
    moment.about.kind === kind;

/** What a teller says of an event; what it leaves out follows from the event. With the key of an earlier moment, that one goes on. */
export type Telling = Pick<Moment, 'mark' | 'text'> & Partial<Moment>;

/** What the telling of an event takes from the story so far. */
export interface Scene {
  readonly at: string;
  readonly seq: number;
  readonly round: number;
  readonly turn: number;
  /** Counted through the run. */
  readonly calls: number;
  readonly activations: number;
  /** The latest of that id. */
  readonly call: (id: string) => MomentOf<'call'> | undefined;
  /** The one with that key, as it has been told so far. */
  readonly moment: (key: string) => Moment | undefined;
  /** Those that have not finished. */
  readonly unfinished: () => readonly MomentOf<'call'>[];
  readonly decision: (id: string) => MomentOf<'decision'> | undefined;
  /** All that were asked for. */
  readonly decisions: () => readonly MomentOf<'decision'>[];
  /** The latest decision about a call. */
  readonly askedAbout: (call: string) => MomentOf<'decision'> | undefined;
}

/** What an event says to a person: one thing, several, or nothing. */
export type Told = Telling | readonly Telling[];

/** For each kind of event what it says; pure. */
export type Tellers<Type extends EventBody['type']> = {
  readonly [Each in Type]: (body: Body<Each>, scene: Scene) => Told;
};

export const silent = (): Told => [];

/** Several short facts in one line. */
export const facts = (...all: readonly string[]): string => all.filter((fact) => fact !== '').join(' · ');

/** A reason that may not have been given, after what it is the reason of. */
export const because = (reason: string): string => (reason === '' ? '' : `: ${cleanLine(reason)}`);

/** Characters of what was said that stand in a headline. */
const headCharacters = 200;

/** The moment in one line, with the beginning of what was said. */
export const headline = ({ text, said }: Pick<Moment, 'text' | 'said'>): string => {
  const line = cleanLine(said);
  if (line === '') return text;
  return `${text}: ${line.length > headCharacters ? `${line.slice(0, headCharacters)}…` : line}`;
};

/** What somebody said, and the whole of it as a part where a headline does not hold it. Untrusted text. */
export const saying = (text: string): Pick<Moment, 'said' | 'parts'> => {
  const said = clean(text).trim();
  const whole = cleanLine(said).length <= headCharacters && !said.includes('\n');
  return { said, parts: whole ? [] : [{ label: 'Text', text: said }] };
};
