/** The tools that the manifest contributes. Apart from the tools, which are loaded when one is used. */
export const toolNames = ['longhaul_delegate', 'longhaul_status', 'longhaul_result'] as const;
export type ToolName = (typeof toolNames)[number];
