import type { ChildProcess } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { FakeMachine } from '../machine.ts';
import type { Created, NetworkSettings } from './wire.ts';

/** A shell that takes one command after the other; here, one. */
export interface Session {
  command: {
    readonly id: string;
    readonly text: string;
    exitCode?: number;
    output: string;
    readonly child: ChildProcess;
  } | null;
}

/** A sandbox of the account. */
export interface FakeSandbox {
  readonly id: string;
  readonly body: Created;
  readonly machine: FakeMachine;
  readonly sessions: Map<string, Session>;
  /** Every change of what it may reach, as it was asked for. */
  readonly network: z.infer<typeof NetworkSettings>[];
  /** How often it was told that it is still needed. */
  kept: number;
}

export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refused(400, parsed.error.message);
  return parsed.data;
}
