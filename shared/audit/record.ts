import { z } from 'zod';
import { canonicalJson } from '../decision/canonical.ts';
import { Time } from '../ids.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal');

/** Something of consequence that somebody did, or that was refused. Without the texts of people and models: those go when their run is deleted, and this stays. */
export const AuditRecord = z.strictObject({
  tenant: z.string().min(1),
  /** Counts the records of a tenant from 1. */
  seq: z.int().positive(),
  at: Time,
  /** Who did it, such as `person:ada`; `longhaul`: the control plane. */
  actor: z.string().min(1).max(200),
  /** What was done, such as `decision.made`. */
  action: z.string().regex(/^[a-z]+(?:\.[a-z]+)+$/),
  /** Id of the run that it is about; null: none. */
  run: z.string().nullable(),
  /** What else is to be known of it. */
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

/** One before it has its place in the chain. */
export type Audited = Pick<AuditRecord, 'actor' | 'action' | 'run' | 'detail'>;

/** A record as it is kept: `text` is its canonical JSON, and `hash` is over that and the hash before it. */
export const AuditEntry = z.strictObject({ text: z.string(), hash: Hash });
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Where a chain ended once. `seq` 0: it had not begun. */
export const AuditHead = z.strictObject({ seq: z.int().nonnegative(), hash: Hash });
export type AuditHead = z.infer<typeof AuditHead>;

/** Before the first one of a tenant. */
export const chainStart: AuditHead = { seq: 0, hash: '0'.repeat(64) };

type Sha256 = (text: string) => string;

/** The record that comes after a chain's head. */
export const linkAfter = (
  head: AuditHead,
  record: Omit<AuditRecord, 'seq'>,
  sha256: Sha256,
): AuditEntry & { readonly seq: number } => {
  const seq = head.seq + 1;
  const text = canonicalJson({ ...record, seq });
  return { seq, text, hash: sha256(`${head.hash}\n${text}`) };
};

export interface CheckOptions {
  readonly tenant: string;
  readonly sha256: Sha256;
  /** Heads that were written down elsewhere. */
  readonly anchors: readonly AuditHead[];
}

/** What is wrong with a chain: a sentence each, of which the first hundred are named. */
interface Checked {
  readonly records: number;
  readonly head: AuditHead;
  readonly faults: readonly string[];
}

const mostFaults = 100;

/** Looks through a chain from its beginning, record by record. */
export class ChainCheck {
  readonly #options: CheckOptions;
  readonly #anchors: ReadonlyMap<number, readonly AuditHead[]>;
  #head = chainStart;
  #records = 0;
  readonly #faults: string[] = [];

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#anchors = Map.groupBy(options.anchors, ({ seq }) => seq);
  }

  /** The next entry, as it is kept at this place. */
  add(place: number, { text, hash }: AuditEntry): void {
    const { sha256 } = this.#options;
    const expected = this.#head.seq + 1;
    if (place > expected) this.#fault(missing(expected, place - 1));
    if (place < expected) this.#fault(`Record ${place} is there twice.`);
    const problem = this.#problemOf(place, text);
    if (problem !== null) this.#fault(problem);
    else if (place === expected && sha256(`${this.#head.hash}\n${text}`) !== hash)
      this.#fault(`Record ${place} is not what it was when it was written, or what came before it is not.`);
    for (const anchored of this.#anchors.get(place) ?? [])
      if (anchored.hash !== hash) this.#fault(`Record ${place} is not the one that was anchored.`);
    this.#records += 1;
    this.#head = { seq: Math.max(place, this.#head.seq), hash };
  }

  /** `head`: where the chain is said to end; null: nobody says so. */
  end(head: AuditHead | null): Checked {
    const { seq, hash } = this.#head;
    if (head !== null && head.seq > seq) this.#fault(missing(seq + 1, head.seq));
    else if (head !== null && (head.seq !== seq || head.hash !== hash))
      this.#fault(
        `The chain is said to end with record ${head.seq} (${head.hash.slice(0, 12)}), and ends with ${seq} (${hash.slice(0, 12)}).`,
      );
    const beyond = [...this.#anchors.keys()].filter((place) => place > seq);
    if (beyond.length > 0) this.#fault(`${missing(seq + 1, Math.max(...beyond))} It was anchored.`);
    return { records: this.#records, head: this.#head, faults: this.#faults };
  }

  #problemOf(place: number, text: string): string | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return `Record ${place} is no JSON.`;
    }
    const record = AuditRecord.safeParse(value);
    if (!record.success) return `Record ${place} is no audit record.`;
    if (record.data.seq !== place) return `In the place of record ${place} there is record ${record.data.seq}.`;
    if (record.data.tenant !== this.#options.tenant) return `Record ${place} is of another tenant.`;
    return null;
  }

  #fault(said: string): void {
    if (this.#faults.length < mostFaults) this.#faults.push(said);
  }
}

const missing = (from: number, to: number): string =>
  from === to ? `Record ${from} is missing.` : `Records ${from} to ${to} are missing.`;
