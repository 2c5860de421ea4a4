import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { places } from './find-run.ts';

test('finds what a search by hand finds, overlapping places too', () => {
  const few = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 });
  fc.assert(
    fc.property(few, few, fc.nat(10), (whole, part, from) => {
      const expected = Array.from({ length: whole.length }, (_, at) => at).filter(
        (at) => at >= from && part !== '' && whole.startsWith(part, at),
      );
      expect([...places(whole, part, from)]).toEqual(expected);
      expect([...places(whole.split(''), part.split(''), from)]).toEqual(expected);
    }),
  );
});
