import type { Connection } from '../../ground/connection/connection.ts';
import { visible } from '../../../shared/text/clean.ts';
import type { CommandCoverage } from '../../../shared/review/coverage.ts';
import { movedIn, type Moves } from '../../../shared/review/moved.ts';
import { parsePatch } from '../../../shared/review/patch.ts';
import { reviewFiles, type ReviewFile, type Unit } from '../../../shared/review/review-file.ts';
import { ChangeSet } from '../../../shared/run/artifacts.ts';
import type { RunEvent } from '../../../shared/run/events.ts';

/** The result of one round, as it is reviewed. */
export interface ReviewRound {
  readonly run: string;
  readonly round: number;
  readonly changes: ChangeSet;
  readonly files: readonly ReviewFile[];
  /** By path. */
  readonly byPath: ReadonlyMap<string, ReviewFile>;
  /** What is not to be overlooked in a file, in sentences, by its path; only of files that have something. */
  readonly cautions: ReadonlyMap<string, readonly string[]>;
  /** What was moved, by the units of these files. */
  readonly moves: ReadonlyMap<Unit, Moves>;
  /** What each verification command was seen to run of it; empty where that is known of none. */
  readonly coverage: readonly CommandCoverage[];
}

const decoder = new TextDecoder();

/** Reads the latest result of a run: the list of its files and its patch, no contents. Throws as the connection does. */
export const loadRound = async (connection: Connection, run: string): Promise<ReviewRound> => {
  const api = await connection.api();
  const { round, changes, cautions, coverage = [], patch } = await api.runs.diff.query({ run });
  const text = patch ?? decoder.decode(await connection.blob(run, changes.patch));
  const files = reviewFiles(changes, parsePatch(text));
  return {
    run,
    round,
    changes,
    files,
    byPath: new Map(files.map((file) => [file.path, file])),
    cautions: new Map(cautions.map(({ path, cautions }) => [path, cautions.map(({ text }) => visible(text))])),
    moves: movedIn(files),
    coverage,
  };
};

/** What a run had changed when it last began to wait for a person: no decisions are made on it. Throws as the connection does. */
export const loadSoFar = async (connection: Connection, run: string): Promise<RoundChanges> => {
  const api = await connection.api();
  const { round, changes } = await api.runs.diff.query({ run, soFar: true });
  return { round, changes };
};

/** The result of an earlier round: only its change set, which is enough to compare. */
export interface RoundChanges {
  readonly round: number;
  readonly changes: ChangeSet;
}

const pageSize = 1000;

/** All rounds that a run finished, oldest first. Where verification was repaired, the last result of a round is its result. */
export const loadRounds = async (connection: Connection, run: string): Promise<readonly RoundChanges[]> => {
  const api = await connection.api();
  const events: RunEvent[] = [];
  for (;;) {
    const page = await api.runs.events.query({ run, after: events.at(-1)?.seq ?? 0, limit: pageSize });
    events.push(...page);
    if (page.length < pageSize) break;
  }
  const hashes = new Map<number, string>();
  let round = 1;
  for (const { body } of events) {
    if (body.type === 'round.finished') hashes.set(round, body.changes);
    if (body.type === 'review.decided' && body.verdict === 'changes') round += 1;
  }
  return Promise.all(
    [...hashes].map(async ([number, hash]) => ({
      round: number,
      changes: ChangeSet.parse(JSON.parse(decoder.decode(await connection.blob(run, hash)))),
    })),
  );
};
