import { TRPCClientError } from '@trpc/client';
import { z } from 'zod';

export class DifferentContract extends Error {}

/** Says what one side did not understand of the other; null: it was something else. What was said is not repeated: it may be code. */
export const misunderstanding = (error: unknown): string | null => {
  if (error instanceof DifferentContract) return error.message;
  if (error instanceof z.ZodError)
    return `this worker cannot read what it was told (${error.issues
      .slice(0, 3)
      .map(({ path, code }) => `${path.join('.')}: ${code}`)
      .join(', ')}).`;
  if (!(error instanceof TRPCClientError)) return null;
  const { code, path } = (error.data ?? {}) as { code?: string; path?: string }; // safe: tRPC's own error data, each field checked
  switch (code) {
    case 'BAD_REQUEST':
      return `the control plane does not understand ${path ?? 'what it was asked'}.`;
    case 'NOT_FOUND':
    case 'METHOD_NOT_SUPPORTED':
      return `the control plane has no ${path ?? 'procedure of that name'}.`;
    default:
      return null;
  }
};
