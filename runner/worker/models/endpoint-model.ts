import { type AnswerParts, readAnswer, type Reading } from './answer-reading.ts';
import { type Connection, refused, unfinished } from './connection.ts';
import type { Model, ModelOutcome, ModelRequest } from './model.ts';
import type { Switches } from './switches.ts';

/** A model that also tells which parts of its requests the endpoint knows: as configured, less what it has refused since. */
export interface EndpointModel extends Model {
  switches(): Switches;
}

/** With what one request is sent, as the SDKs of all vendors take it. */
interface Sending {
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
}

/** How an API is asked, and what its answers mean. */
export interface Api<Answer> extends AnswerParts<Answer> {
  /** Makes the request of the API; what is given back sends it. */
  readonly ask: (request: ModelRequest) => (sending: Sending) => Promise<Response>;
  /** Null: the answer is not whole. */
  readonly outcome: (reading: Reading<Answer>) => ModelOutcome | null;
}

/** The model behind a connection, by its API. */
export const endpointModel = <Answer>(connection: Connection, api: Api<Answer>): EndpointModel => ({
  name: connection.endpoint.model,
  contextWindow: connection.contextWindow,
  switches: () => connection.switches,
  respond: async (request, how) => {
    const send = api.ask(request);
    const headers = { 'Idempotency-Key': request.idempotencyKey };
    const ask = (signal: AbortSignal) => send({ signal, headers });
    const { reading, end } = await readAnswer(connection, { ...api, ask }, how);
    if (end.kind === 'aborted') return { kind: 'aborted' };
    if (reading.failure !== null) return refused(reading.failure, connection);
    return api.outcome(reading) ?? unfinished(end, connection, reading);
  },
});
