import { z } from 'zod';
import { Json } from '../decision/decision.ts';

/** Tokens of one model call, as the provider counted them. `cached` is part of `input`, `reasoning` part of `output`. */
export const Usage = z.strictObject({
  input: z.int().nonnegative(),
  cached: z.int().nonnegative(),
  cacheWrite: z.int().nonnegative(),
  output: z.int().nonnegative(),
  reasoning: z.int().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;

/** What goes into and comes out of a model, in the words of neither API. Kept in events, so that context can be rebuilt. */
export const ModelItem = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('message'), role: z.enum(['user', 'assistant']), text: z.string() }),
  /** Opaque to us; has to be sent back as it came, before the items that followed it. */
  z.strictObject({
    type: z.literal('reasoning'),
    id: z.string(),
    encrypted: z.string().nullable(),
    summary: z.string(),
  }),
  /** `arguments` is the model's own text: perhaps not JSON at all. */
  z.strictObject({ type: z.literal('call'), call: z.string(), name: z.string(), arguments: z.string() }),
  z.strictObject({ type: z.literal('output'), call: z.string(), output: z.string() }),
  z.strictObject({ type: z.literal('refusal'), text: z.string() }),
  /**
   * What an endpoint added and wants back as it came, with the call, or (null) with the message that has the calls: the text of
   * reasoning, signatures. `from` names the endpoint and its model; nobody else gets it.
   */
  z.strictObject({
    type: z.literal('returned'),
    from: z.string(),
    call: z.string().nullable(),
    fields: z.record(z.string(), Json),
  }),
]);
export type ModelItem = z.infer<typeof ModelItem>;
