import type { EventBody, RunEvent } from '../events.ts';
import { course } from './course.ts';
import { isOf, type Moment, type MomentOf, type Scene, type Tellers, type Telling, type Told } from './moment.ts';
import { outside } from './effects.ts';
import { people } from './people.ts';
import { work } from './work.ts';

/** What every event means to a person. Does not compile when one is forgotten. */
const tellers: Tellers<EventBody['type']> = { ...course, ...work, ...people, ...outside };

/** What an event says to a person, with the moments it changes; nothing for one of a newer runner. Pure. */
const tell = (body: EventBody, scene: Scene): readonly Telling[] => {
  if (!Object.hasOwn(tellers, body.type)) return [];
  // safe: the teller that stands under a type takes the body of that type
  const teller = tellers[body.type] as (body: EventBody, scene: Scene) => Told;
  return [teller(body, scene)].flat();
};

/** A run as a person is told it. It changes itself with each event: a log may be long. */
export interface Story {
  /** By when they began. */
  readonly moments: readonly Moment[];
  /** The round that comes next or is under way, from 1. */
  readonly round: number;
  readonly activations: number;
  /** Tells one event more, the next of the log: the moments that are new, or that it changed. */
  readonly add: (event: RunEvent) => readonly Moment[];
  readonly find: (key: string) => Moment | undefined;
  /** The latest call of that id: providers number calls as they like. */
  readonly call: (id: string) => MomentOf<'call'> | undefined;
}

const isCall = isOf('call');
const isDecision = isOf('decision');

const only = <Kind extends Moment>(is: (moment: Moment) => moment is Kind, moment: Moment | undefined) =>
  moment !== undefined && is(moment) ? moment : undefined;

export const createStory = (): Story => {
  const moments: Moment[] = [];
  const places = new Map<string, number>();
  const latestCalls = new Map<string, string>();
  const latestAsked = new Map<string, string>();
  const counted = { round: 1, turn: 0, calls: 0, activations: 0 };

  const find = (key: string): Moment | undefined => moments[places.get(key) ?? -1];
  const call = (id: string): MomentOf<'call'> | undefined => only(isCall, find(latestCalls.get(id) ?? ''));
  const unfinished = (): readonly MomentOf<'call'>[] =>
    moments.filter(isCall).filter(({ about }) => about.call.finished === null);
  const decision = (id: string): MomentOf<'decision'> | undefined => only(isDecision, find(`decision ${id}`));
  const decisions = (): readonly MomentOf<'decision'>[] => moments.filter(isDecision);
  const askedAbout = (id: string): MomentOf<'decision'> | undefined => decision(latestAsked.get(id) ?? '');

  const put = (moment: Moment): void => {
    const place = places.get(moment.key);
    places.set(moment.key, place ?? moments.length);
    moments[place ?? moments.length] = moment;
  };
  const count = (body: EventBody): void => {
    if (body.type === 'activation.leased') counted.activations += 1;
    if (body.type === 'turn.taken') counted.turn = body.turn;
    if (body.type === 'review.decided' && body.verdict === 'changes') counted.round += 1;
    if (body.type === 'decision.requested' && body.request.requester.call !== null)
      latestAsked.set(body.request.requester.call, body.request.id);
  };

  return {
    moments,
    get round() {
      return counted.round;
    },
    get activations() {
      return counted.activations;
    },
    find,
    call,
    add: ({ body, at, seq }) => {
      const told = tell(body, {
        at,
        seq,
        ...counted,
        call,
        moment: find,
        unfinished,
        decision,
        decisions,
        askedAbout,
      }).map((telling): Moment => ({
        ...unsaid,
        key: `event ${seq}`,
        at,
        round: counted.round,
        ...telling,
      }));
      for (const moment of told) {
        put(moment);
        if (body.type !== 'call.judged' || !isCall(moment)) continue;
        latestCalls.set(moment.about.call.id, moment.key);
        counted.calls += 1;
      }
      count(body);
      return told;
    },
  };
};

const unsaid = { said: '', detail: '', parts: [], blob: null, about: { kind: 'run' } } as const;

const isCommand = isOf('command');

/** The verification of the round at hand, as far as nothing has come after it. */
export const standingVerification = ({ moments, round }: Story): readonly MomentOf<'command'>[] => {
  const gone = superseded(moments);
  return moments
    .filter(isCommand)
    .filter(({ key, about, round: of }) => about.command.phase === 'verification' && of === round && !gone.has(key));
};

/** Verification of a round, and setup for it, that the agent went on from in that round: keys of moments. The report that it was about is void. */
export const superseded = (moments: readonly Moment[]): ReadonlySet<string> => {
  const keys = new Set<string>();
  let open: Moment[] = [];
  for (const moment of moments) {
    if (open[0] !== undefined && open[0].round !== moment.round) open = [];
    if (isCommand(moment) && moment.about.command.phase !== 'setup') open.push(moment);
    if (moment.about.kind !== 'turn' && moment.about.kind !== 'repair') continue;
    for (const { key } of open) keys.add(key);
    open = [];
  }
  return keys;
};
