import { z } from 'zod';

/** An event's body: its type, its version (raised when its fields change), its fields. A body without a version does not compile. */
export const event = <Type extends string, Version extends number, Shape extends z.ZodRawShape>(
  type: Type,
  v: Version,
  shape: Shape,
) => z.strictObject({ type: z.literal(type), v: z.literal(v), ...shape });
