import type { Longhaul } from '../../ground/longhaul.ts';
import { delegateTool } from './delegate-tool.ts';
import { resultTool, statusTool } from './read-tools.ts';
import type { ToolName } from './tool-names.ts';
import type { Tool } from './tool.ts';

export const chatTools = (longhaul: Longhaul): Readonly<Record<ToolName, Tool>> => ({
  longhaul_delegate: delegateTool(longhaul),
  longhaul_status: statusTool(longhaul),
  longhaul_result: resultTool(longhaul),
});
