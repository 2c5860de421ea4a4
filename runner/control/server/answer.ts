import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape, type TRPCError } from '@trpc/server';
import { apiRouter, type ApiContext } from '../../../shared/api/router.ts';
import type { Answered, Asked } from '../../machine/processes/child-protocol.ts';

interface Circumstances {
  readonly ctx: ApiContext;
  readonly onError: (failed: { readonly error: TRPCError; readonly path: string }) => void;
}

/** Calls a procedure, with all its checks, and gives what tRPC would answer over HTTP. Never rejects. */
export const answer = async (
  { path, type, input }: Asked,
  { ctx, onError }: Circumstances,
): Promise<Answered['answer']> => {
  try {
    const data: unknown = await callTRPCProcedure({
      router: apiRouter,
      path,
      type,
      ctx,
      getRawInput: async () => input,
      signal: undefined,
      batchIndex: 0,
    });
    return { result: { data } };
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause);
    onError({ error, path });
    return { error: getTRPCErrorShape({ config: apiRouter._def._config, error, type, path, input, ctx }) };
  }
};
