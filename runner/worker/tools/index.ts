import { z } from 'zod';
import { deniedTools } from '../../../shared/policy/evaluate.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { toolArguments, ToolName } from '../../../shared/tool/arguments.ts';
import type { ToolSpec } from '../models/model.ts';
import { applyPatch } from './apply-patch.ts';
import { ask } from './ask.ts';
import { bash } from './bash.ts';
import { edit } from './edit.ts';
import { finish } from './finish.ts';
import { list } from './list.ts';
import { plan } from './plan.ts';
import { read } from './read.ts';
import { search } from './search.ts';
import type { Tool } from './tool.ts';
import { write } from './write.ts';

export const tools: Readonly<Record<ToolName, Tool>> = {
  read,
  search,
  list,
  edit,
  write,
  bash,
  apply_patch: applyPatch,
  plan,
  ask,
  finish,
};

/** The tools as a model is told of them, with schemas that strict function calling takes; without those that policy denies as such. */
export const toolSpecs = (policy: Policy): readonly ToolSpec[] => {
  const denied = deniedTools(policy);
  return ToolName.options.filter((name) => !denied.includes(name)).map(specOf);
};

/** Always the same, and asked for at every turn. */
const specs = new Map<ToolName, ToolSpec>();

const specOf = (name: ToolName): ToolSpec => {
  const known = specs.get(name);
  if (known !== undefined) return known;
  const spec = {
    name,
    description: tools[name].description,
    parameters: strictSchema(z.toJSONSchema(toolArguments[name], { io: 'input' })),
  };
  specs.set(name, spec);
  return spec;
};

/**
 * Keywords that every server with strict function schemas knows; other bounds (lengths, ranges, patterns) are refused by
 * some of them, and are checked by us anyway.
 */
const kept = new Set([
  'type',
  'description',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'anyOf',
]);

const strictSchema = (schema: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => kept.has(keyword))
      .map(([keyword, value]: [string, unknown]) => [
        keyword,
        keyword === 'properties' ? mapped(value) : strictValue(value),
      ]),
  );

const mapped = (properties: unknown): unknown =>
  typeof properties === 'object' && properties !== null
    ? Object.fromEntries(
        Object.entries(properties).map(([name, value]: [string, unknown]) => [name, strictValue(value)]),
      )
    : properties;

const strictValue = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(strictValue);
  return typeof value === 'object' && value !== null ? strictSchema(value) : value;
};
