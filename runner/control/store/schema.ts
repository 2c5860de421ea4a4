import type { Publishes, TriggerOrigin } from '../../../shared/recipe/trigger.ts';
import type { WantedOutput } from '../../../shared/run/output.ts';
import type { Kysely } from 'kysely';
import type { BlobUse } from './store.ts';

/**
 * The tables, as both SQLite and Postgres have them. Times that are compared are ms since the epoch; times that are
 * shown are ISO text. JSON is text: it is written once and read whole.
 */
export interface Tables {
  /** One row per run, brought up to date by the transaction that appends its events. */
  runs: {
    number: number;
    id: string;
    tenant: string;
    repository: string;
    status: string;
    /** 1: the run is over, whatever came of it. */
    over: number;
    /** 1: lists leave it out. */
    archived: number;
    priority: number;
    /** The activation that is queued or at work. */
    activation: string | null;
    fence: number;
    /** ISO: since when it is queued, or at work. */
    since: string | null;
    lease_until: number | null;
    /** Who took the lease. */
    worker: string | null;
    wake_at: number | null;
    /** No earlier than then something is to be changed outside for it, ms since the epoch; null: nothing is. */
    effect_at: number | null;
    /** 1: its pull request is looked at. */
    followed: number;
    /** The last batch that a worker appended, so that a repeated one is recognised. */
    batch_activation: string | null;
    batch: number;
    /** Of its last event. */
    position: number;
    created_at: string;
    state_version: number;
    /** RunState as JSON without `task`, which stands in the run's first event and can be large. */
    state: string;
  };
  events: {
    position: number;
    run: string;
    seq: number;
    tenant: string;
    at: string;
    activation: string | null;
    type: string;
    body: string;
  };
  /** Decisions that a person can still make. */
  decisions: {
    run: string;
    decision: string;
    tenant: string;
    title: string;
    status: 'pending' | 'expired';
    expires_at: number;
    /** Position of the event that asked, or asked again: the order of the list. */
    position: number;
    request: string;
  };
  dedupe: {
    tenant: string;
    key: string;
    run: string;
  };
  /** Which run may read which blob. */
  blobs: {
    run: string;
    hash: string;
    bytes: number;
    use: BlobUse;
  };
  /** What no run has: uploaded and not delegated yet, or left behind by a run that is over. It goes when it is old. */
  loose_blobs: {
    tenant: string;
    hash: string;
    bytes: number;
    /** 1: a person's, who may delegate on it. */
    uploaded: number;
    /** Since when, ms since the epoch. */
    at: number;
  };
  /** Postgres only: what its control planes must have in common. A home of its own has a file for it. */
  secrets: {
    name: string;
    value: string;
  };
  /** Postgres only: who has the supervisor's role. */
  roles: {
    name: 'supervisor';
    /** Name of a control plane. */
    holder: string;
    /** Grows with every taking. */
    fence: number;
    until: Date;
    /** The server's process of the session that has it, and when that began. */
    pid: number;
    begun: Date;
  };
  /** What of a repository's settings somebody let be open, by the hash of what it was. */
  trusted_settings: {
    tenant: string;
    repository: string;
    hash: string;
    /** Who said so, and when: ISO. */
    by: string;
    at: string;
  };
  /** Triggers of repositories that somebody had begin runs by themselves. */
  triggers: {
    tenant: string;
    repository: string;
    name: string;
    /** Name of the person with whose authority it begins them. */
    by: string;
    /** 1: that is the runner's owner, at its own machine. */
    by_owner: number;
    /** Who wrote it, when that person enabled it. */
    origin: TriggerOrigin;
    /** What that person agreed to have published without them. */
    publishes: Publishes;
    /** What the result of its recipe was to be, when they did. */
    output: WantedOutput['kind'];
    /** 0: it begins none any more. */
    enabled: number;
    /** What was due up to then is dealt with, ms since the epoch: it never goes back. */
    /** Ms since the epoch; 0: before that was kept. */
    enabled_at: number;
    handled_at: number;
    /** Id of the run it began last. */
    run: string | null;
    /** For when it did, ms since the epoch; null: a person fired it. */
    due_at: number | null;
    /** How many of its runs have failed, one after the other. */
    failures: number;
    /** What went wrong the last time, or stopped it. */
    problem: string | null;
  };
  /** What happened outside, as servers that know a secret told it. */
  outside_events: {
    /** As its server calls the telling of it. */
    id: string;
    /** Of the telling as it came: hex SHA-256. Told again under another name it is the same. */
    digest: string;
    /** OutsideEvent, as JSON. */
    event: string;
    /** When it was told, ms since the epoch. */
    at: number;
    /** 1: its triggers have been looked at. */
    done: number;
  };
  /** What came of each time that a trigger was due. */
  firings: {
    tenant: string;
    repository: string;
    name: string;
    /** What it was due for: an event outside, a time, somebody's wish. Each comes to one firing. */
    event: string;
    at: number;
    about: string;
    url: string | null;
    /** Null: it began none. */
    run: string | null;
    /** Why not. */
    said: string | null;
    /** What is to become of its results by itself; `no` when that is over. */
    publish: Publishes;
    ci_repairs: number;
    /** Rounds up to this one are published, or why not is said. */
    tried_round: number;
    unpublished: string | null;
  };
  /** What was done, of consequence, each record with the hash of all before it. Nothing here is ever changed. */
  audit: {
    tenant: string;
    /** Counts those of a tenant from 1. */
    seq: number;
    /** AuditRecord, as canonical JSON. */
    text: string;
    hash: string;
  };
  /** Where the chain of a tenant ends. */
  audit_heads: {
    tenant: string;
    seq: number;
    hash: string;
  };
  /** What somebody put on record for a tenant, or was looked at for it. */
  repositories: {
    tenant: string;
    repository: string;
    /** Null, both: nobody put it on record. `at`: ms since the epoch. */
    by: string | null;
    at: number | null;
    /** RepositoryLook, as JSON; null: it was never looked at. */
    look: string | null;
  };
  migrations: {
    name: string;
    at: string;
  };
}

/** A connection or a transaction: a write is always given one that is already inside a transaction. */
export type Database = Kysely<Tables>;

/**
 * What `state` holds is derived: whenever RunState or the reducer changes its meaning, raise this, and the rows of
 * older versions are folded again from the log when the store is opened.
 */
export const stateVersion = 14;
