import * as vscode from 'vscode';

export interface Settings {
  /** Base URL of a remote runner, without a slash at the end; empty: the one of this machine. */
  readonly url: string;
  /** Home of the runner of this machine; empty: the default. */
  readonly home: string;
  /** Empty: the runner's default. */
  readonly model: string;
  /** Model endpoint; empty: OpenAI's. */
  readonly baseUrl: string;
}

/** The settings as they are now. Those that name programs' inputs are machine-scoped, so that no workspace sets them. */
export const readSettings = (): Settings => {
  const settings = vscode.workspace.getConfiguration('longhaul');
  const text = (name: string): string => settings.get<string>(name, '').trim();
  return {
    url: text('url').replace(/\/+$/, ''),
    home: text('home'),
    model: text('model'),
    baseUrl: text('baseUrl'),
  };
};
