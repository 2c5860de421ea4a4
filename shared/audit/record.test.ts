import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../decision/canonical.ts';
import { ChainCheck, chainStart, linkAfter, type AuditEntry, type AuditHead } from './record.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const tenant = 'local';

interface Kept extends AuditEntry {
  readonly place: number;
}

const chain = (count: number): { readonly kept: readonly Kept[]; readonly head: AuditHead } => {
  let head = chainStart;
  const kept: Kept[] = [];
  for (let index = 0; index < count; index += 1) {
    const record = { tenant, at: '2030-01-01T00:00:00.000Z', actor: 'person:ada', action: 'decision.made' };
    const { seq, text, hash } = linkAfter(head, { ...record, run: `run_${index}aaaa`, detail: { index } }, sha256);
    kept.push({ place: seq, text, hash });
    head = { seq, hash };
  }
  return { kept, head };
};

const faultsOf = (kept: readonly Kept[], head: AuditHead | null, anchors: readonly AuditHead[] = []) => {
  const check = new ChainCheck({ tenant, sha256, anchors });
  for (const { place, ...entry } of kept) check.add(place, entry);
  return check.end(head).faults;
};

const flipped = (text: string, at: number, bit: number): string => {
  const bytes = Buffer.from(text);
  const index = at % bytes.length;
  bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index);
  return bytes.toString('latin1');
};

describe('a chain of audit records', () => {
  const { kept, head } = chain(8);
  const nth = (index: number): Kept => {
    const found = kept[index];
    if (found === undefined) throw new Error(`there is no record ${index}`);
    return found;
  };
  const places = fc.integer({ min: 0, max: kept.length - 1 });

  test('that is as it was written has no fault, nor has its beginning against heads of then', () => {
    expect(faultsOf(kept, head, [head, { seq: 3, hash: nth(2).hash }])).toEqual([]);
    expect(faultsOf([], null)).toEqual([]);
  });

  test('is at fault with any single bit of any record or hash otherwise', () => {
    fc.assert(
      fc.property(
        fc.record({ place: places, at: fc.nat(), bit: fc.nat(7), ofText: fc.boolean() }),
        ({ place, at, bit, ofText }) => {
          const { text, hash } = nth(place);
          const changed = ofText ? { text: flipped(text, at, bit), hash } : { text, hash: flipped(hash, at, bit) };
          const faults = faultsOf(kept.with(place, { place: place + 1, ...changed }), head);
          expect(faults.join(' ')).toMatch(ofText ? `ecord ${place + 1}` : /ecord/);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('is at fault with any removed, swapped, repeated or added, each by its place', () => {
    fc.assert(
      fc.property(places, places, (one, other) => {
        const without = kept.filter((_, at) => at !== one);
        expect(faultsOf(without, head)).toContain(`Record ${one + 1} is missing.`);
        expect(faultsOf([...kept.slice(0, one), nth(one), ...kept.slice(one)], head)).not.toEqual([]);
        fc.pre(one !== other);
        const [a, b] = [nth(one), nth(other)];
        const swapped = kept.with(one, { ...b, place: a.place }).with(other, { ...a, place: b.place });
        expect(faultsOf(swapped, head)).toContain(`In the place of record ${one + 1} there is record ${other + 1}.`);
      }),
    );
    const { seq, ...next } = linkAfter(head, { ...JSON.parse(nth(0).text), detail: {} }, sha256);
    expect(faultsOf([...kept, { place: seq, ...next }], head).join(' ')).toContain('The chain is said to end with');
  });

  test('without its last record, as whoever knows of the head leaves it, is found by what was written down elsewhere', () => {
    const end = { seq: 7, hash: nth(6).hash };
    expect(faultsOf(kept.slice(0, 7), end)).toEqual([]);
    expect(faultsOf(kept.slice(0, 7), end, [head])).toEqual(['Record 8 is missing. It was anchored.']);
  });

  test('that was written anew from some record on is whole, and found by what was written down elsewhere', () => {
    const record = { ...JSON.parse(nth(4).text), actor: 'person:eve' };
    let end: AuditHead = { seq: 4, hash: nth(3).hash };
    const forged = kept.slice(4).map(({ place, text }) => {
      const { seq: _seq, ...rest } = place === 5 ? record : JSON.parse(text);
      const entry = linkAfter(end, rest, sha256);
      end = { seq: entry.seq, hash: entry.hash };
      return { place, text: entry.text, hash: entry.hash };
    });
    const all = [...kept.slice(0, 4), ...forged];
    expect(faultsOf(all, end)).toEqual([]);
    expect(faultsOf(all, end, [{ seq: 6, hash: nth(5).hash }])).toEqual(['Record 6 is not the one that was anchored.']);
  });

  test('of another tenant is none of this one', () => {
    const text = canonicalJson({ ...JSON.parse(nth(0).text), tenant: 'other' });
    expect(faultsOf([{ place: 1, text, hash: nth(0).hash }], null)).toEqual(['Record 1 is of another tenant.']);
  });
});
