import type { TRPCClient } from '@trpc/client';
import type * as vscode from 'vscode';
import type { ApiRouter } from '../../../shared/api/router.ts';

/** `idle`: nobody has asked for a runner yet. */
export type ConnectionState =
  | { readonly status: 'idle' }
  | { readonly status: 'starting' }
  /** `runner`: of this machine its home, of one elsewhere its address; the same one however often it is started. */
  | {
      readonly status: 'connected';
      readonly url: string;
      readonly local: boolean;
      readonly runner: string;
      /** The runner's, which need not be this extension's. */
      readonly version: string;
    }
  | { readonly status: 'offline'; readonly reason: string; readonly remedy: string };

export interface Connection extends vscode.Disposable {
  readonly state: ConnectionState;
  readonly onDidChangeState: vscode.Event<ConnectionState>;
  /**
   * The typed client of a runner that answered; finds or starts it first. Calls at once share one attempt.
   * Throws ConnectionError.
   */
  api(): Promise<TRPCClient<ApiRouter>>;
  /** A blob that a run may read. Throws ConnectionError when nobody answers or the run has none of that name. */
  blob(run: string, hash: string): Promise<Uint8Array>;
  /** Uploads content to delegate on; gives its name. Throws what the API throws, and ConnectionError. */
  upload(content: Uint8Array<ArrayBuffer>): Promise<string>;
  /** The runner stopped answering: the next `api()` looks for it again. */
  lost(): void;
  /** Forgets the runner and looks for one again, with the settings and secrets as they are now. Throws ConnectionError. */
  reconnect(): Promise<void>;
}
