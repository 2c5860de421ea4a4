import type { IncomingMessage, ServerResponse } from 'node:http';

/** The parts of a path where the route has a colon; null: it is another route. */
export const match = (route: string, name: string): readonly string[] | null => {
  const [wanted, given] = [route.split('/'), name.split('/')];
  if (wanted.length !== given.length) return null;
  const parts: string[] = [];
  for (const [index, part] of wanted.entries()) {
    const own = given[index] ?? '';
    if (part === ':') parts.push(own);
    else if (part !== own) return null;
  }
  return parts;
};

/** Requests of a kind in a period, and how long that is. */
const rates = { api: 750, engine: 1200, periodMs: 10_000 } as const;

/** Each route has its own words for a key that it does not take. */
export const refuseKey = (request: IncomingMessage, response: ServerResponse, path: string): void => {
  if (path.startsWith('/api/v2/whoami')) return json(response, 401, { error: 'Invalid or Missing Access Token' });
  if (request.headers.authorization !== undefined) return json(response, 401, { error: 'Invalid API key' });
  for (const name of ['limit', 'remaining', 'reset']) response.removeHeader(`x-ratelimit-${name}`);
  const detail = 'No authorization header provided';
  const type = 'https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/401';
  response.setHeader('content-type', 'application/problem+json; charset=utf-8');
  json(response, 401, { title: 'Unauthorized', status: 401, type, detail, error: detail });
};

/** On any answer, whatever its status; what is of a run or a token has a key of its own besides. */
export const withRates = (response: ServerResponse, path: string): void => {
  if (path.startsWith('/realtime')) return;
  const limit = path.startsWith('/engine') ? rates.engine : rates.api;
  response.setHeader('x-ratelimit-limit', String(limit));
  response.setHeader('x-ratelimit-remaining', String(limit - 1));
  response.setHeader('x-ratelimit-reset', String(Date.now() + rates.periodMs));
};
export const withToken = (response: ServerResponse, of: string): void => {
  response.setHeader('x-trigger-jwt', `fake.jwt.${of}`);
  response.setHeader('x-trigger-jwt-claims', JSON.stringify({ sub: 'env_1', pub: true }));
};

export const json = (response: ServerResponse, status: number, body: unknown): void => {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json; charset=utf-8');
  response.writeHead(status);
  if (!response.destroyed) response.end(JSON.stringify(body));
};

/** What the fake says, too, is what Trigger.dev's own schema takes. */
export const checked = (response: ServerResponse, schema: { parse(value: unknown): unknown }, body: object): void => {
  const asSent: unknown = JSON.parse(JSON.stringify(body));
  schema.parse(asSent);
  json(response, 200, asSent);
};
