/** A subscriber whose connection broke comes back after so long; EventSource's own default is 3 s. */
const retryMs = 100;

/**
 * Tells the subscribers of an event stream how soon to come back. tRPC cannot say it, so it goes before what tRPC says.
 * Reads from the stream only as fast as the connection takes it.
 */
export const withRetry = (response: Response): Response => {
  if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream') || response.body === null)
    return response;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`retry: ${retryMs}\n\n`)),
  });
  // A pipe that breaks breaks both ends; the connection's own end is where that is dealt with.
  response.body.pipeTo(writable).catch(() => {});
  return new Response(readable, { status: response.status, headers: response.headers });
};
