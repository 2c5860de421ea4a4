import { type Bag, isBag, textOf } from './lenient.ts';

/** What an endpoint says of an error, in whatever place and shape. */
export interface SaidError {
  readonly message: string;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  /** An HTTP status that stands in the body: gateways answer 200 and put that of their upstream there. */
  readonly status?: number | undefined;
  /** What a header asks to wait. */
  readonly retryAfterMs?: number | null;
}

/**
 * The error that a document or an event is, whatever its status was: `{error: {…}}`, `{error: "…"}`, `{object: "error", …}`, `{type: "error", …}`,
 * `{detail: "…"}`. Null: it is none. A field `error` that is null is none, nor is one beside an answer that says nothing.
 */
export function errorIn(value: unknown): SaidError | null {
  if (!isBag(value)) return null;
  // A response that failed has an error too, and more to say; its own event does that.
  if (value['type'] === 'response.failed') return null;
  const { error, detail } = value;
  if (typeof error === 'string' && error !== '') return saidBy({ ...value, message: error });
  if (isBag(error)) return saidBy({ ...error, status: error['status'] ?? value['status'] });
  if (value['object'] === 'error' || value['type'] === 'error') return saidBy(value);
  const empty = !('choices' in value) && !('response' in value) && !('type' in value) && !('output' in value);
  if (empty && typeof detail === 'string') return saidBy({ ...value, message: detail });
  if (empty && typeof value['message'] === 'string' && ('code' in value || 'status' in value)) return saidBy(value);
  return null;
}

function saidBy(bag: Bag): SaidError {
  const { message, code, type, status, metadata } = bag;
  const number = [code, status]
    .map(Number)
    .find((candidate) => Number.isInteger(candidate) && candidate >= 400 && candidate < 600);
  return {
    message: (typeof message === 'string' ? message : JSON.stringify(message ?? bag)) + upstream(metadata),
    code: typeof code === 'string' && Number.isNaN(Number(code)) ? code : undefined,
    type: typeof type === 'string' && type !== 'error' ? type : undefined,
    status: number,
  };
}

/** OpenRouter keeps what the provider said itself there. */
const upstream = (metadata: unknown): string => {
  const raw = isBag(metadata) ? textOf(metadata['raw']) : '';
  return raw === '' ? '' : ` (${raw})`;
};
