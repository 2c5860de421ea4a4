import type { RunEvent } from '../../shared/run/events.ts';
import { isTerminal, type RunState } from '../../shared/run/state.ts';
import { commandOf } from './command.ts';
import { accountsProblem } from './accounts.ts';
import { messageText } from './message-text.ts';
import type { Outside } from './outside.ts';

/** What the auditor knows of a run, from its log alone. */
export interface Ledger {
  readonly run: string;
  readonly events: RunEvent[];
  state: RunState | null;
  /** The activation whose worker may append now. */
  holder: string | null;
  fence: number;
  turn: number;
  readonly finished: Set<string>;
  /** A person said no to something. */
  givenUp: boolean;
  /** Messages that the model has not been shown. */
  readonly unread: Set<string>;
}

/** Watches every commit, and says what must not have happened. It shares no code with what it watches but the shape of events. */
export class Auditor {
  readonly problems: string[] = [];
  readonly #ledgers = new Map<string, Ledger>();
  #position = 0;
  #tenure = { fence: 0, until: 0 };
  /** Whether a run that is over stays so. */
  readonly #staysOver: (state: RunState) => boolean;

  constructor(staysOver: (state: RunState) => boolean) {
    this.#staysOver = staysOver;
  }

  begin(run: string): void {
    this.#ledgers.set(run, {
      run,
      events: [],
      state: null,
      holder: null,
      fence: 0,
      turn: 0,
      finished: new Set(),
      givenUp: false,
      unread: new Set(),
    });
  }

  /** Every run is over, and nobody will take it up again. */
  get allOver(): boolean {
    for (const { state } of this.#ledgers.values())
      if (state === null || !isTerminal(state) || !this.#staysOver(state)) return false;
    return true;
  }

  /** Whoever has this fence looks after all runs until then, by the database's clock; and nobody else does. */
  tenure(fence: number, until: number): void {
    if (fence < this.#tenure.fence) this.problems.push(`fence ${fence} of the role comes after ${this.#tenure.fence}`);
    this.#tenure = { fence, until };
  }

  /** Called after each command that was let act in the role, whatever came of it. */
  inRole(run: string, fence: number, now: number): void {
    const { fence: last, until } = this.#tenure;
    if (fence !== last || now >= until)
      this.blame(run, `fence ${fence} of the role was let act, where ${last} has it until ${until}`);
  }

  ledger(run: string): Ledger {
    const ledger = this.#ledgers.get(run);
    if (ledger === undefined) throw new Error(`nobody keeps a ledger of ${run}`);
    return ledger;
  }

  blame(run: string, problem: string): void {
    this.problems.push(`${run}: ${problem}`);
  }

  /** The model of a run was shown this. */
  modelSaw(run: string, text: string): void {
    const { unread } = this.ledger(run);
    for (const message of unread) if (text.includes(message)) unread.delete(message);
  }

  /** Called after each commit that appended, with the events of its answer. */
  committed(events: readonly RunEvent[], state: RunState): void {
    const ledger = this.ledger(state.id);
    for (const event of events) if (event.seq > (ledger.events.at(-1)?.seq ?? 0)) this.#take(ledger, event);
    ledger.state = state;
  }

  #take(ledger: Ledger, event: RunEvent): void {
    const { run } = ledger;
    const { body, seq, activation } = event;
    const last = ledger.events.at(-1)?.seq ?? 0;
    if (seq !== last + 1) this.blame(run, `event ${seq} comes after ${last}`);
    if (event.position <= this.#position)
      this.blame(run, `position ${event.position} was given out after ${this.#position}`);
    this.#position = Math.max(this.#position, event.position);
    if (activation !== null && activation !== ledger.holder)
      this.blame(run, `${body.type} (${seq}) is by ${activation}, while ${ledger.holder ?? 'nobody'} holds the run`);
    if (ledger.state !== null && isTerminal(ledger.state) && body.type !== 'changes.applied' && !goesOn(ledger, body))
      this.blame(run, `${body.type} (${seq}) comes after its end`);
    ledger.events.push(event);
    this.#follow(ledger, event);
  }

  #follow(ledger: Ledger, { body, seq }: RunEvent): void {
    const { run } = ledger;
    switch (body.type) {
      case 'activation.leased':
        if (body.fence <= ledger.fence) this.blame(run, `fence ${body.fence} (${seq}) is not above ${ledger.fence}`);
        ledger.fence = body.fence;
        ledger.holder = body.activation;
        return;
      case 'activation.lost':
      case 'activation.returned':
      case 'activation.queued':
        ledger.holder = null;
        return;
      case 'turn.taken':
        if (body.turn <= ledger.turn) this.blame(run, `turn ${body.turn} was taken twice (${seq})`);
        ledger.turn = body.turn;
        return;
      case 'call.finished':
        if (ledger.finished.has(body.call)) this.blame(run, `call ${body.call} finished twice (${seq})`);
        ledger.finished.add(body.call);
        return;
      case 'decision.made':
        ledger.givenUp ||= body.verdict.kind === 'rejected';
        return;
      case 'message.sent':
        ledger.unread.add(messageText(body.text));
        return;
      case 'run.failed':
        // Unless a person was asked about the trouble, and wanted no more of it.
        if (body.class === 'infrastructure' && !ledger.givenUp)
          this.blame(run, `failed for a reason that is not its own: ${body.message}`);
        return;
      default:
    }
  }

  /** What must be true of a run at its end. `lines`: what its head holds; null: there is no such checkpoint. */
  close(
    run: string,
    { outside, lines }: { readonly outside: Outside; readonly lines: readonly string[] | null },
  ): void {
    const ledger = this.ledger(run);
    const { state } = ledger;
    if (state === null || !isTerminal(state)) {
      this.blame(run, `it came to no end: ${state === null ? 'it never was' : where(state)}`);
      return;
    }
    // Who stops a run does not expect it to go on listening.
    const stopped = state.status === 'cancelled' || state.status === 'failed' || state.wrapUp !== null;
    if (!stopped && ledger.unread.size > 0) this.blame(run, `nobody read ${[...ledger.unread].join(', ')}`);
    for (const problem of effectProblems(ledger, outside)) this.blame(run, problem);
    // What setup made is in the first checkpoint after it; before there is one, the head is the base.
    const expected =
      state.tree.status === 'unprepared' || state.tree.head.commit === state.tree.base.commit
        ? ['base']
        : treeOf(ledger);
    if (state.tree.status === 'prepared' && JSON.stringify(lines) !== JSON.stringify(expected))
      this.blame(run, `its head has ${(lines ?? ['nothing']).join(' ')} and not ${expected.join(' ')}`);
    const accounts = accountsProblem(ledger.events, state);
    if (accounts !== null) this.blame(run, accounts);
  }
}

/** Is it taken up again, or what followed from that in the same commit? */
const goesOn = ({ events, state }: Ledger, { type }: RunEvent['body']): boolean =>
  type === 'run.resumed' || events.some(({ body, seq }) => body.type === 'run.resumed' && seq > (state?.seq ?? 0));

const where = (state: RunState): string =>
  state.status === 'waiting' ? `waiting for ${JSON.stringify(state.until)}` : state.status;

/** The command of each attempt of a call that is on record, by call. */
const attemptsOf = ({ events }: Ledger): ReadonlyMap<string, readonly { activation: string; command: string }[]> => {
  const attempts = new Map<string, { activation: string; command: string }[]>();
  for (const { body, activation } of events)
    if (body.type === 'call.started') {
      const command = commandOf(body.arguments) ?? 'nothing';
      attempts.set(body.call, [...(attempts.get(body.call) ?? []), { activation: activation ?? '', command }]);
    }
  return attempts;
};

/** What was done outside is what the log says: at most once for each attempt, no more attempts than a person approved, as approved. */
function* effectProblems(ledger: Ledger, outside: Outside): Generator<string> {
  const attempts = attemptsOf(ledger);
  const approvals = new Map<string, number>();
  const asked = new Map<string, string>();
  for (const { body } of ledger.events) {
    if (body.type === 'decision.requested' && body.request.requester.call !== null)
      asked.set(body.request.id, body.request.requester.call);
    if (body.type === 'decision.made' && body.verdict.kind === 'approved') {
      const call = asked.get(body.decision) ?? '';
      approvals.set(call, (approvals.get(call) ?? 0) + 1);
    }
  }
  const seen = new Set<string>();
  for (const { call, activation, text } of outside.of(ledger.run)) {
    const attempt = (attempts.get(call) ?? []).find((one) => one.activation === activation);
    if (attempt === undefined) yield `${call} acted outside by ${activation}, which never began it`;
    else if (attempt.command !== `send ${text}`) yield `${call} sent ${text} where the log has ${attempt.command}`;
    if (seen.has(`${call} ${activation}`)) yield `${call} acted outside twice in one attempt`;
    seen.add(`${call} ${activation}`);
  }
  for (const [call, made] of attempts) {
    const [first] = made;
    if (first?.command.startsWith('send') !== true) continue;
    const approved = approvals.get(call) ?? 0;
    if (made.length > approved) yield `${call} was begun ${made.length} times on ${approved} approvals`;
  }
  for (const { body, activation } of ledger.events)
    if (body.type === 'call.finished' && body.outcome === 'ok' && activation !== null) {
      const last = attempts.get(body.call)?.at(-1);
      if (last?.command.startsWith('send') === true && !seen.has(`${body.call} ${last.activation}`))
        yield `${body.call} is on record as done, and nothing came of it outside`;
    }
}

/** What the tree holds if each call that finished did what it says, once. */
const treeOf = (ledger: Ledger): readonly string[] => {
  const attempts = attemptsOf(ledger);
  return [
    'base',
    ...ledger.events.flatMap(({ body }) => {
      // One that was given up is undone, and is not run again.
      if (body.type === 'setup.finished' && body.outcome === 'cancelled') return [];
      if (body.type === 'setup.finished') return [body.command.slice('add '.length)];
      if (body.type !== 'call.finished' || body.checkpoint === null) return [];
      const command = attempts.get(body.call)?.at(-1)?.command ?? '';
      return /^(?:add|send) /.test(command) ? [command.slice(command.indexOf(' ') + 1)] : [];
    }),
  ];
};
