import { TRPCError } from '@trpc/server';
import { StoreError } from '../store/store.ts';

/**
 * Makes trouble with the disk an answer that says what to do about it, where it would be "something went wrong".
 * 503: a worker asks again, and what it did is not lost while it does.
 */
export const withStoreErrors = <Api extends object>(api: Api): Api =>
  new Proxy(api, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member, target, args);
        return answer instanceof Promise ? answer.catch(rethrow) : answer;
      };
    },
  });

const rethrow = (error: unknown): never => {
  if (!(error instanceof StoreError)) throw error;
  throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: `${error.message} ${error.remedy}`, cause: error });
};
