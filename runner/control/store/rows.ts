import { upgraded } from '../../../shared/run/earlier-versions.ts';
import { controlEvents, workerEvents, type EventBody, type RunEvent, type Task } from '../../../shared/run/events.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { stateVersion } from './schema.ts';
import { StoreError } from './store.ts';

const versions: ReadonlyMap<string, number> = new Map(
  [...controlEvents, ...workerEvents].map((option) => [option.shape.type.value, option.shape.v.value]),
);

export interface EventRow {
  readonly position: number;
  readonly run: string;
  readonly seq: number;
  readonly at: string;
  readonly activation: string | null;
  readonly body: string;
}

/**
 * An event as it stands in the log. Its fields were checked when it came in, so only its type and version are looked at
 * here: one that this program does not know throws StoreError `newer`.
 */
export const eventOf = (row: EventRow): RunEvent => {
  const { run, seq, position, at, activation } = row;
  return { run, seq, position, at, activation, body: bodyOf(row.body, run) };
};

const begins = /^\{"type":"([a-z_.]+)","v":(\d+)[,}]/;

/**
 * The same as JSON text. Where the body is of this program's own version it is passed on as it stands, without being
 * taken apart and put together again.
 */
export const eventText = (row: EventRow): string => {
  const [, type = '', v = ''] = begins.exec(row.body) ?? [];
  const body = versions.get(type) === Number(v) ? row.body : JSON.stringify(bodyOf(row.body, row.run));
  const { run, seq, position, at, activation } = row;
  const envelope = JSON.stringify({ run, seq, position, at, activation });
  return `${envelope.slice(0, -1)},"body":${body}}`;
};

const bodyOf = (text: string, run: string): EventBody => {
  // safe: the store wrote it, from a checked EventBody of its time; the version is checked below
  const body = upgraded(JSON.parse(text) as Readonly<Record<string, unknown>>) as EventBody;
  const known = versions.get(body.type);
  if (known === undefined || body.v > known) throw newer(`event ${body.type} version ${body.v} of run ${run}`);
  return body;
};

const newer = (what: string): StoreError =>
  new StoreError('newer', `The database was written by a newer Longhaul: it has ${what}.`, {
    remedy: 'Install that version or a later one, or use another home (--home).',
  });

export interface StateRow {
  readonly id: string;
  readonly state_version: number;
  readonly state: string;
  /** The body of the run's first event. */
  readonly created: string;
}

/** A run's state as its row has it. Throws StoreError `newer` as `eventOf` does. */
export const stateOf = (row: StateRow): RunState => {
  if (row.state_version > stateVersion) throw newer(`state version ${row.state_version} of run ${row.id}`);
  // safe: `stateText` wrote it, of this version
  const state = JSON.parse(row.state) as RunState;
  return { ...state, task: taskOf(bodyOf(row.created, row.id), row.id) };
};

const taskOf = (created: EventBody, run: string): Task => {
  if (created.type === 'run.created') return created.task;
  throw new StoreError('corrupt', `The log of run ${run} begins with ${created.type}.`, {
    remedy: 'Restore the database from a copy.',
  });
};

/** A state never changes, so neither does its text: it is made once for the row and once more for nobody. */
const texts = new WeakMap<object, string>();
const textOf = (value: object, make: () => string): string => {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = make();
  texts.set(value, text);
  return text;
};

/** What the column `state` holds. */
export const stateText = (state: RunState): string =>
  textOf(state, () => JSON.stringify({ ...state, task: undefined }));

export const taskText = (task: Task): string => textOf(task, () => JSON.stringify(task));

/** A state from its two texts. */
export const stateOfTexts = (state: string, task: string): RunState => ({
  // safe: `stateText` and `taskText` of this same program wrote them
  ...(JSON.parse(state) as RunState),
  task: JSON.parse(task) as Task, // safe: as above
});
