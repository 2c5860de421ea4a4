import type { ServerResponse } from 'node:http';
import * as core from '@trigger.dev/core/v3';
import { checked, json } from './answering.ts';

/** Answers it, and returns true; false: it is no request of a login. */
type Login = (name: string, text: string, response: ServerResponse) => boolean;

const authorizationCode = 'fake-authorization-code';

/**
 * `trigger.dev login`, of somebody who says yes in the browser at once. Nothing recorded is its witness: it was read in that command line
 * (4.8.3), which asks a server for a code, has the person approve it, and asks once a second for the token. A server that binds the
 * login to the browser (`approval`) is not played.
 */
export const openLogin =
  (access: () => { readonly url: string; readonly accessToken: string }): Login =>
  (name, text, response) => {
    const { url, accessToken } = access();
    if (name === 'POST /api/v1/authorization-code') {
      checked(response, core.CreateAuthorizationCodeResponseSchema, {
        authorizationCode,
        url: `${url}/account/authorization-code/${authorizationCode}`,
      });
      return true;
    }
    if (name !== 'POST /api/v1/token') return false;
    const asked = core.GetPersonalAccessTokenRequestSchema.parse(JSON.parse(text));
    if (asked.authorizationCode === authorizationCode)
      checked(response, core.GetPersonalAccessTokenResponseSchema, {
        token: { token: accessToken, obfuscatedToken: `${accessToken.slice(0, 8)}…` },
      });
    else json(response, 404, { error: 'Invalid authorization code' });
    return true;
  };
