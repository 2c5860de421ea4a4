import type { Exceeded } from '../../../../shared/run/budget.ts';
import type { Call, CallIn } from '../../../../shared/run/call.ts';
import type { FailureClass, WaitUntil } from '../../../../shared/run/events.ts';
import type { ChangedSetup } from '../../agent/judge.ts';
import type { Merge, PreparedTree } from '../../../../shared/run/state.ts';

/** What a person is to be asked next. */
export type Question =
  | { readonly about: 'budget'; readonly exceeded: Exceeded }
  | { readonly about: 'model'; readonly message: string; readonly refusal: boolean }
  /** Policy has a person asked whether this call may run. `again`: it was approved, but for another tree than this. */
  | { readonly about: 'call'; readonly call: CallIn<'judged' | 'waiting' | 'ready'>; readonly again: boolean }
  /** A call whose worker is gone: may it be tried once more? */
  | { readonly about: 'interrupted'; readonly call: CallIn<'interrupted'> }
  /** A call that ran: may what it changed stay? */
  | { readonly about: 'changes'; readonly call: CallIn<'held'> }
  | { readonly about: 'preparing'; readonly losses: number }
  | { readonly about: 'setup'; readonly changed: ChangedSetup }
  | { readonly about: 'stuck'; readonly sign: 'same call' | 'no calls'; readonly count: number };

/** The one thing to do now. */
export type Next =
  | { readonly do: 'prepare' }
  /** Its tree becomes that of the commit which the result is to be merged with. */
  | { readonly do: 'move base'; readonly merge: Merge; readonly tree: PreparedTree }
  | { readonly do: 'merge'; readonly merge: Extract<Merge, { step: 'moved' }>; readonly tree: PreparedTree }
  | { readonly do: 'setup'; readonly index: number; readonly tree: PreparedTree }
  | { readonly do: 'turn'; readonly turn: number; readonly attempt: number; readonly responseId: string | null }
  | { readonly do: 'compact'; readonly turn: number; readonly attempt: number }
  /** The call to the model that is on record was lost with its worker. */
  | { readonly do: 'write off'; readonly turn: number; readonly attempt: number }
  | { readonly do: 'ask'; readonly question: Question }
  /** Nobody has looked at it: whether it may run is to be found out, on the tree as it is now. */
  | { readonly do: 'judge'; readonly call: CallIn<'asked'> }
  /** `restore`: what an earlier attempt left in the tree is to be taken back first. */
  | {
      readonly do: 'call';
      readonly call: CallIn<'ready' | 'interrupted'>;
      readonly restore: boolean;
      readonly tree: PreparedTree;
    }
  /** What a call changed may stay: it becomes the run's. */
  | { readonly do: 'release'; readonly call: CallIn<'released'> }
  /** A call that is not run, or not again: denied, invalid, rejected, answered by a person, or lost too often. */
  | {
      readonly do: 'conclude';
      readonly call: Exclude<Call, { status: 'finished' }>;
      readonly outcome: 'ok' | 'error' | 'denied' | 'rejected' | 'invalid';
      readonly output: string;
      readonly restore: boolean;
      readonly tree: PreparedTree;
    }
  /** A command that ended its worker too often: it counts as failed. */
  | { readonly do: 'give up'; readonly step: 'setup' | 'verification'; readonly index: number; readonly losses: number }
  | { readonly do: 'verify'; readonly index: number; readonly tree: PreparedTree }
  | { readonly do: 'repair'; readonly repair: number }
  /** `mendable`: what cannot be handed over may be shown to the agent, which can do something about it. */
  | { readonly do: 'finish'; readonly mendable: boolean; readonly tree: PreparedTree }
  | { readonly do: 'fail'; readonly class: FailureClass; readonly message: string }
  | { readonly do: 'sleep'; readonly until: string }
  | { readonly do: 'park'; readonly until: WaitUntil }
  | { readonly do: 'stop' };
