import type * as vscode from 'vscode';

/** ms that the runner may take before a person is told that it is waited for. */
export const slowMs = 1_000;

/** What was asked of the runner about a run and is not answered yet. */
export interface Pending extends vscode.Disposable {
  /** Ids of the runs whose answer takes long, or came after that. */
  readonly onDidChange: vscode.Event<ReadonlySet<string>>;
  /** Whether the answer takes long: nothing more is asked of the run meanwhile, and its row says so. */
  isSlow(run: string): boolean;
  /** Until it is disposed of, something is asked about this run. Null: something is already. */
  begin(run: string): Disposable | null;
}

/** `changes` is fired here and disposed of with this. */
export const createPending = (changes: vscode.EventEmitter<ReadonlySet<string>>): Pending => {
  const asked = new Map<string, NodeJS.Timeout>();
  const slow = new Set<string>();
  return {
    onDidChange: changes.event,
    isSlow: (run) => slow.has(run),
    begin: (run) => {
      if (asked.has(run)) return null;
      const timer = setTimeout(() => {
        slow.add(run);
        changes.fire(new Set([run]));
      }, slowMs);
      asked.set(run, timer);
      return {
        [Symbol.dispose]: () => {
          clearTimeout(timer);
          asked.delete(run);
          if (slow.delete(run)) changes.fire(new Set([run]));
        },
      };
    },
    dispose: () => {
      for (const timer of asked.values()) clearTimeout(timer);
      changes.dispose();
    },
  };
};
