import { z } from 'zod';
import { ToolName } from '../tool/arguments.ts';

export const Verdict = z.enum(['allow', 'ask', 'deny']);
export type Verdict = z.infer<typeof Verdict>;

/** A call as a rule's own example: what the rule must, or must not, match. Checked whenever a policy is loaded. */
const Example = z.strictObject({
  tool: ToolName,
  command: z.string().optional(),
  path: z.string().optional(),
  network: z.array(z.string()).optional(),
});

/**
 * One rule. It matches a call when each of the conditions it has does. `command` is a prefix in words (`npm install`),
 * `path` a glob (`.github/**`), `network` a host or `*.host`. Of the rules that match, the strictest wins.
 */
export const PolicyRule = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected lower-case words joined by hyphens'),
  verdict: Verdict,
  reason: z.string().min(1),
  tool: z.array(ToolName).min(1).optional(),
  command: z.string().min(1).optional(),
  path: z.string().min(1).optional(),
  network: z.string().min(1).optional(),
  /** Running such a command twice does no harm, so after a crash nobody needs to be asked. */
  repeatable: z.boolean().optional(),
  examples: z.strictObject({ matches: z.array(Example).min(1), not: z.array(Example) }),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

/** `otherwise` judges what no rule matches, by what the call can do. */
export const Policy = z.strictObject({
  rules: z.array(PolicyRule),
  otherwise: z.strictObject({ reads: Verdict, changes: Verdict, network: Verdict }),
});
export type Policy = z.infer<typeof Policy>;

/**
 * The policy of a task. `limits` are those of its layers that forbid or ask about something, each judged by itself: nothing that another
 * layer allows lets go of what one of them says.
 */
export const TaskPolicy = Policy.extend({ limits: z.array(Policy) });
export type TaskPolicy = z.infer<typeof TaskPolicy>;
