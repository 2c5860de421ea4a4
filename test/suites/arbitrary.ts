import * as fc from 'fast-check';
import { z } from 'zod';

export interface ArbitraryOptions {
  /** For free text without a form of its own. A small pool makes names meet. */
  readonly text?: fc.Arbitrary<string>;
  /** What to take for strings of these patterns (the source of the regular expression). */
  readonly patterns?: ReadonlyMap<string, fc.Arbitrary<string>>;
}

/**
 * Values that a zod schema accepts, every variant among them, by way of its JSON Schema. Throws for what it does not
 * know. JSON that may be anything becomes a few small values.
 */
export const arbitraryOf = <Schema extends z.ZodType>(
  schema: Schema,
  options: ArbitraryOptions = {},
): fc.Arbitrary<z.output<Schema>> =>
  // safe: it is made from the schema's own description; the tests that use it parse what comes out
  build(z.toJSONSchema(schema, { reused: 'inline' }), options) as fc.Arbitrary<z.output<Schema>>;

type Described = z.core.JSONSchema._JSONSchema;

const build = (described: Described, options: ArbitraryOptions): fc.Arbitrary<unknown> => {
  if (typeof described === 'boolean' || described.$ref !== undefined) return smallJson;
  const variants = described.oneOf ?? described.anyOf;
  if (variants !== undefined)
    return variants.some(refersToItself) ? smallJson : fc.oneof(...variants.map((variant) => build(variant, options)));
  if (described.const !== undefined) return fc.constant(described.const);
  if (described.enum !== undefined) return fc.constantFrom(...described.enum);
  if (Array.isArray(described.type))
    return fc.oneof(...described.type.map((type) => build({ ...described, type }, options)));
  switch (described.type) {
    case 'object': {
      const fields = Object.entries(described.properties ?? {}).map(([key, field]) => [key, build(field, options)]);
      // safe: the entries were made of string keys and arbitraries just now
      const model = Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>;
      return fc.record(model, { requiredKeys: described.required ?? [] });
    }
    case 'array': {
      const { items = true, minItems = 0, maxItems = 3 } = described;
      if (Array.isArray(items)) throw new Error('No arbitrary for a tuple.');
      return fc.array(build(items, options), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });
    }
    case 'string':
      return stringOf(described, options);
    case 'integer':
      return fc.integer(boundsOf(described, 1));
    case 'number':
      return fc.double({ ...boundsOf(described, 0.01), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case undefined:
      return smallJson;
    default:
      throw new Error(`No arbitrary for ${JSON.stringify(described)}.`);
  }
};

const refersToItself = (variant: Described): boolean =>
  typeof variant === 'object' &&
  [variant, variant.items, variant.additionalProperties].some(
    (part) => typeof part === 'object' && '$ref' in part && part.$ref !== undefined,
  );

const smallJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, 0, 'text'),
  fc.record({ budget: fc.constantFrom('turns', 'usd', 'nothing'), limit: fc.integer({ min: -1, max: 100 }) }),
  fc.array(fc.integer(), { maxLength: 2 }),
);

const stringOf = (
  { format, pattern, minLength = 0, maxLength = 20 }: z.core.JSONSchema.BaseSchema,
  options: ArbitraryOptions,
): fc.Arbitrary<string> => {
  if (format === 'date-time') return someTime;
  if (pattern !== undefined) return options.patterns?.get(pattern) ?? fc.stringMatching(new RegExp(pattern));
  return options.text ?? fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) });
};

/** Within a day of each other: far enough apart to be before and after, near enough to be believable. */
const someTime = fc.integer({ min: 0, max: 86_400_000 }).map((ms) => new Date(1_800_000_000_000 + ms).toISOString());

const boundsOf = (
  { minimum = 0, maximum = 1000, exclusiveMinimum }: z.core.JSONSchema.BaseSchema,
  least: number,
): { readonly min: number; readonly max: number } => {
  const above = typeof exclusiveMinimum === 'number' ? exclusiveMinimum + least : minimum;
  const min = Math.max(above, -1000);
  return { min, max: Math.max(min, Math.min(maximum, 1000)) };
};
