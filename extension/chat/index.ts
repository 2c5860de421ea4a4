import * as vscode from 'vscode';
import type { Longhaul } from '../context.ts';
import { registerParticipant } from './participant.ts';
import { registerTool } from './tool.ts';

/** Delegating from chat: for a model, with confirmation, and for a person. */
export const registerChat = (longhaul: Longhaul): vscode.Disposable =>
  vscode.Disposable.from(registerTool(longhaul), registerParticipant(longhaul));
