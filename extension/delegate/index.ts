import * as vscode from 'vscode';
import { registerDelegate } from '../commands/delegate.ts';
import { registerDelegateFix } from '../commands/delegate-fix.ts';
import type { Longhaul } from '../context.ts';

/** Delegating, from everywhere it can be called. */
export const registerDelegation = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(registerDelegate(longhaul), registerDelegateFix());
