import { initTRPC, tracked, TRPCError } from '@trpc/server';
import { z } from 'zod';
import type { RunEvent } from '../run/events.ts';
import type { Refusal } from '../run/refusal.ts';
import { AuditExportInput, AuditInput, AuditVerifyInput } from './audit.ts';
import { DecideInput, RenewInput } from './decide-input.ts';
import { OutputPublicationInput, PublishOutputInput } from './output-publication.ts';
import { PublicationInput, PublishInput } from './publication.ts';
import { RecipesInput } from './recipes-input.ts';
import { RepositoriesInput, RepositoryInput } from './repositories.ts';
import * as runner from './runner-api.ts';
import type { Principal, Role, RunnerApi } from './runner-api.ts';
import { TreeFileInput, TreeInput } from './tree.ts';
import { EnableInput, FireInput, TriggerInput, TriggersInput } from './triggers.ts';
import {
  AppendInput,
  CredentialInput,
  HeartbeatInput,
  PrintedInput,
  LeaseInput,
  SettingsInput,
  type WorkerApi,
} from './worker-api.ts';

export interface ApiContext {
  /** Null: no token, or an unknown one. */
  readonly caller: Principal | null;
  readonly runner: RunnerApi;
  readonly worker: WorkerApi;
  /** What the host can say of an error that is no refusal; null: it is a bug. */
  readonly explain: (error: unknown) => TRPCError | null;
}

/** Thrown by RunnerApi for an expected "no"; reaches the client as a typed error with its remedy. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

const codes = {
  not_found: 'NOT_FOUND',
  conflict: 'CONFLICT',
  fenced: 'CONFLICT',
  stale: 'CONFLICT',
  expired: 'CONFLICT',
  terminal: 'CONFLICT',
  invalid: 'BAD_REQUEST',
  denied: 'FORBIDDEN',
  untrusted: 'PRECONDITION_FAILED',
  unavailable: 'SERVICE_UNAVAILABLE',
} as const satisfies Record<Refusal['code'], TRPCError['code']>;

/** What a subscriber is told when its stream begins. The server sends pings in between. */
export const streamOptions = { reconnectAfterInactivityMs: 25_000 };

const trpc = initTRPC.context<ApiContext>().create({
  sse: { client: streamOptions },
  errorFormatter: ({ shape, error }) => {
    const refusal: Refusal | null =
      error.cause instanceof RefusedError
        ? error.cause.refusal
        : error.cause instanceof z.ZodError
          ? { code: 'invalid', message: z.prettifyError(error.cause), remedy: 'Correct the input and try again.' }
          : null;
    // A stack would tell a client about the machine; a bug's message is in the runner's log.
    const { stack: _stack, ...data } = shape.data;
    const hidden = refusal === null && error.code === 'INTERNAL_SERVER_ERROR';
    return {
      ...shape,
      message:
        refusal?.message ?? (hidden ? 'Something went wrong inside the runner; its log says what.' : shape.message),
      data: { ...data, refusal },
    };
  },
});

const explained = (error: unknown, { explain }: ApiContext): TRPCError | null =>
  error instanceof RefusedError
    ? new TRPCError({ code: codes[error.refusal.code], message: error.message, cause: error })
    : explain(error);

const asTyped = trpc.middleware(async ({ ctx, next }) => {
  const result = await next();
  const unknown = !result.ok && result.error.code === 'INTERNAL_SERVER_ERROR';
  const typed = unknown ? explained(result.error.cause, ctx) : null;
  if (typed !== null) throw typed;
  return result;
});

const person = (least: Role) =>
  trpc.procedure.use(asTyped).use(({ ctx, next }) => {
    if (ctx.caller === null)
      throw new TRPCError({
        code: 'UNAUTHORIZED',
        message: 'A bearer token is needed: the runner wrote one into its home, in the file "token".',
      });
    if (ctx.caller.kind !== 'person' || !runner.includes(ctx.caller.role, least))
      throw new TRPCError({ code: 'FORBIDDEN', message: `This needs the role ${least}.` });
    return next({ ctx: { ...ctx, caller: ctx.caller } });
  });

const worker = trpc.procedure
  .use(asTyped)
  .input(z.object({ run: z.string(), activation: z.string() }))
  .use(({ ctx, input, next }) => {
    if (ctx.caller === null) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'A run token is needed.' });
    if (ctx.caller.kind !== 'worker' || ctx.caller.run !== input.run || ctx.caller.activation !== input.activation)
      throw new TRPCError({ code: 'FORBIDDEN', message: 'This token is not for that activation of that run.' });
    return next({ ctx: { ...ctx, caller: ctx.caller } });
  });

/**
 * Each with its position, with which a subscriber that comes back says where it was. What it ends with is typed here, since a
 * middleware is through by then: a subscriber comes back after an internal error, and for ever.
 */
async function* positioned(events: AsyncIterable<RunEvent>, ctx: ApiContext) {
  try {
    for await (const event of events) yield tracked(String(event.position), event);
  } catch (error) {
    throw explained(error, ctx) ?? error;
  }
}

/** The whole API. Thin: it checks who calls with what, and passes on. */
export const apiRouter = trpc.router({
  runner: trpc.router({
    info: person('viewer').query(({ ctx }) => ctx.runner.info(ctx.caller)),
    shutdown: person('admin').mutation(({ ctx }) => ctx.runner.shutdown(ctx.caller)),
  }),
  runs: trpc.router({
    delegate: person('developer')
      .input(runner.DelegateInput)
      .mutation(({ ctx, input }) => ctx.runner.delegate(ctx.caller, input)),
    preview: person('developer')
      .input(runner.PreviewInput)
      .query(({ ctx, input }) => ctx.runner.preview(ctx.caller, input)),
    list: person('viewer')
      .input(runner.ListInput)
      .query(({ ctx, input }) => ctx.runner.list(ctx.caller, input)),
    get: person('viewer')
      .input(runner.RunInput)
      .query(({ ctx, input }) => ctx.runner.get(ctx.caller, input)),
    events: person('viewer')
      .input(runner.EventsInput)
      .query(({ ctx, input }) => ctx.runner.events(ctx.caller, input)),
    feed: person('viewer')
      .input(runner.FeedInput)
      .subscription(({ ctx, input, signal }) =>
        positioned(ctx.runner.feed(ctx.caller, input, signal ?? new AbortController().signal), ctx),
      ),
    printed: person('viewer')
      .input(runner.RunInput)
      .query(({ ctx, input }) => ctx.runner.printed(ctx.caller, input)),
    message: person('developer')
      .input(runner.MessageInput)
      .mutation(({ ctx, input }) => ctx.runner.message(ctx.caller, input)),
    diff: person('viewer')
      .input(runner.DiffInput)
      .query(({ ctx, input }) => ctx.runner.diff(ctx.caller, input)),
    tree: person('viewer')
      .input(TreeInput)
      .query(({ ctx, input }) => ctx.runner.tree(ctx.caller, input)),
    treeFile: person('viewer')
      .input(TreeFileInput)
      .query(({ ctx, input }) => ctx.runner.treeFile(ctx.caller, input)),
    review: person('developer')
      .input(runner.ReviewInput)
      .mutation(({ ctx, input }) => ctx.runner.review(ctx.caller, input)),
    // `apply` is a word that tRPC keeps for itself.
    applyChanges: person('developer')
      .input(runner.ApplyInput)
      .mutation(({ ctx, input }) => ctx.runner.apply(ctx.caller, input)),
    recordApplied: person('developer')
      .input(runner.RecordAppliedInput)
      .mutation(({ ctx, input }) => ctx.runner.recordApplied(ctx.caller, input)),
    remoteRefs: person('developer')
      .input(runner.RemoteInput)
      .query(({ ctx, input }) => ctx.runner.remoteRefs(ctx.caller, input)),
    publication: person('developer')
      .input(PublicationInput)
      .query(({ ctx, input }) => ctx.runner.publication(ctx.caller, input)),
    publish: person('developer')
      .input(PublishInput)
      .mutation(({ ctx, input }) => ctx.runner.publish(ctx.caller, input)),
    outputPublication: person('developer')
      .input(OutputPublicationInput)
      .query(({ ctx, input }) => ctx.runner.outputPublication(ctx.caller, input)),
    publishOutput: person('developer')
      .input(PublishOutputInput)
      .mutation(({ ctx, input }) => ctx.runner.publishOutput(ctx.caller, input)),
    cancel: person('developer')
      .input(runner.CancelInput)
      .mutation(({ ctx, input }) => ctx.runner.cancel(ctx.caller, input)),
    archive: person('developer')
      .input(runner.RunInput)
      .mutation(({ ctx, input }) => ctx.runner.archive(ctx.caller, input)),
    unarchive: person('developer')
      .input(runner.RunInput)
      .mutation(({ ctx, input }) => ctx.runner.unarchive(ctx.caller, input)),
    deletion: person('developer')
      .input(runner.RunInput)
      .query(({ ctx, input }) => ctx.runner.deletion(ctx.caller, input)),
    delete: person('developer')
      .input(runner.RunInput)
      .mutation(({ ctx, input }) => ctx.runner.delete(ctx.caller, input)),
    pause: person('developer')
      .input(runner.RunInput)
      .mutation(({ ctx, input }) => ctx.runner.pause(ctx.caller, input)),
    retry: person('developer')
      .input(runner.RunInput)
      .mutation(({ ctx, input }) => ctx.runner.retry(ctx.caller, input)),
  }),
  recipes: trpc.router({
    list: person('viewer')
      .input(RecipesInput)
      .query(({ ctx, input }) => ctx.runner.recipes(ctx.caller, input)),
  }),
  repositories: trpc.router({
    list: person('viewer')
      .input(RepositoriesInput)
      .query(({ ctx, input }) => ctx.runner.repositories(ctx.caller, input)),
    // Whoever may enable triggers.
    add: person('approver')
      .input(RepositoryInput)
      .mutation(({ ctx, input }) => ctx.runner.addRepository(ctx.caller, input)),
    remove: person('approver')
      .input(RepositoryInput)
      .mutation(({ ctx, input }) => ctx.runner.removeRepository(ctx.caller, input)),
  }),
  triggers: trpc.router({
    list: person('viewer')
      .input(TriggersInput)
      .query(({ ctx, input }) => ctx.runner.triggers(ctx.caller, input)),
    show: person('viewer')
      .input(TriggerInput)
      .query(({ ctx, input }) => ctx.runner.showTrigger(ctx.caller, input)),
    enable: person('approver')
      .input(EnableInput)
      .mutation(({ ctx, input }) => ctx.runner.enableTrigger(ctx.caller, input)),
    disable: person('developer')
      .input(TriggerInput)
      .mutation(({ ctx, input }) => ctx.runner.disableTrigger(ctx.caller, input)),
    fire: person('developer')
      .input(FireInput)
      .mutation(({ ctx, input }) => ctx.runner.fireTrigger(ctx.caller, input)),
  }),
  audit: trpc.router({
    list: person('admin')
      .input(AuditInput)
      .query(({ ctx, input }) => ctx.runner.audit(ctx.caller, input)),
    verify: person('admin')
      .input(AuditVerifyInput)
      .query(({ ctx, input }) => ctx.runner.verifyAudit(ctx.caller, input)),
    // That it was begun is on record: no query.
    export: person('admin')
      .input(AuditExportInput)
      .mutation(({ ctx, input }) => ctx.runner.exportAudit(ctx.caller, input)),
  }),
  decisions: trpc.router({
    list: person('viewer').query(({ ctx }) => ctx.runner.decisions(ctx.caller)),
    decide: person('approver')
      .input(DecideInput)
      .mutation(({ ctx, input }) => ctx.runner.decide(ctx.caller, input)),
    renew: person('approver')
      .input(RenewInput)
      .mutation(({ ctx, input }) => ctx.runner.renew(ctx.caller, input)),
  }),
  worker: trpc.router({
    settings: worker.input(SettingsInput).query(({ ctx, input }) => ctx.worker.settings(ctx.caller, input)),
    lease: worker.input(LeaseInput).mutation(({ ctx, input }) => ctx.worker.lease(ctx.caller, input)),
    append: worker.input(AppendInput).mutation(({ ctx, input }) => ctx.worker.append(ctx.caller, input)),
    heartbeat: worker.input(HeartbeatInput).mutation(({ ctx, input }) => ctx.worker.heartbeat(ctx.caller, input)),
    printed: worker.input(PrintedInput).mutation(({ ctx, input }) => ctx.worker.printed(ctx.caller, input)),
    credential: worker.input(CredentialInput).mutation(({ ctx, input }) => ctx.worker.credential(ctx.caller, input)),
  }),
});

export type ApiRouter = typeof apiRouter;
