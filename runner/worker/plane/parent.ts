import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { ApiRouter } from '../../../shared/api/router.ts';
import type { Answered, Asked } from '../../machine/processes/child-protocol.ts';

/** What a worker asks of the process that started it, over their channel: the same procedures as over HTTP, with the same answers. */
export class Parent {
  readonly #send: (asked: Asked) => void;
  readonly #waiting = new Map<number, (answer: Answered['answer']) => void>();
  #last = 0;

  constructor(send: (asked: Asked) => void) {
    this.#send = send;
  }

  /** To be called with each answer that comes. One that nobody waits for any more is passed over. */
  answered({ id, answer }: Answered): void {
    this.#waiting.get(id)?.(answer);
  }

  readonly link: TRPCLink<ApiRouter> =
    () =>
    ({ op: { path, type, input, signal } }) =>
      observable((observer) => {
        const id = (this.#last += 1);
        const fail = (): void => observer.error(TRPCClientError.from(new Error('It was not answered in time.')));
        this.#waiting.set(id, (answer) => {
          if ('error' in answer) return observer.error(TRPCClientError.from(answer));
          observer.next({ result: { type: 'data', data: answer.result.data } });
          observer.complete();
        });
        signal?.addEventListener('abort', fail);
        if (signal?.aborted === true) fail();
        else if (type !== 'subscription') this.#send({ kind: 'ask', id, path, type, input });
        return () => {
          signal?.removeEventListener('abort', fail);
          this.#waiting.delete(id);
        };
      });
}
