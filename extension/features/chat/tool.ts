import * as vscode from 'vscode';

/** A tool for chat models that always says what it is about to do. */
export type Tool = Required<Pick<vscode.LanguageModelTool<object>, 'prepareInvocation' | 'invoke'>>;

export const answer = (text: string): vscode.LanguageModelToolResult =>
  new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
