import type { FastifyError } from 'fastify';
import { TRPC_ERROR_CODES_BY_KEY, type TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import type { Refusal } from '../../../shared/run/refusal.ts';

/** An answer that says no outside of tRPC's procedures, in tRPC's own shape: a client reads both the same way. */
export interface ErrorAnswer {
  readonly status: number;
  readonly code: TRPC_ERROR_CODE_KEY;
  readonly message: string;
  readonly refusal?: Refusal | null;
}

export const unauthorized: ErrorAnswer = { status: 401, code: 'UNAUTHORIZED', message: 'A bearer token is needed.' };

export const errorBody = ({ status, code, message, refusal }: ErrorAnswer) => ({
  error: {
    message,
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: { code, httpStatus: status, refusal: refusal ?? null },
  },
});

const plainCodes: Partial<Record<TRPC_ERROR_CODE_KEY, string>> = {
  BAD_REQUEST: 'invalid',
  INTERNAL_SERVER_ERROR: 'internal',
  SERVICE_UNAVAILABLE: 'unavailable',
  PAYLOAD_TOO_LARGE: 'too_large',
};

/** The same for scripts: `{error: {code, message}}`. */
export const plainErrorBody = ({ code, message, refusal }: ErrorAnswer) => ({
  error: {
    code: refusal?.code ?? plainCodes[code] ?? code.toLowerCase(),
    message: refusal === undefined || refusal === null ? message : `${refusal.message} ${refusal.remedy}`.trim(),
  },
});

/** The body of an answer to a path: scripts ask below /api. */
export const errorBodyAt = (url: string, no: ErrorAnswer) =>
  url.startsWith('/api/') ? plainErrorBody(no) : errorBody(no);

/** Of a bug. */
export const internal = 'Something went wrong inside the runner; its log says what.';

/** What a client is told of an error that no procedure made. Nothing of a bug but that there was one. */
export const answerTo = (error: FastifyError, maxBodyBytes: number): ErrorAnswer => {
  const status = error.statusCode ?? 500;
  if (status === 413)
    return { status, code: 'PAYLOAD_TOO_LARGE', message: `The request is larger than ${maxBodyBytes} bytes.` };
  if (status === 415) return { status, code: 'UNSUPPORTED_MEDIA_TYPE', message: 'The request must be JSON.' };
  if (status >= 400 && status < 500) return { status, code: 'BAD_REQUEST', message: 'The request cannot be read.' };
  return {
    status: 500,
    code: 'INTERNAL_SERVER_ERROR',
    message: internal,
  };
};
