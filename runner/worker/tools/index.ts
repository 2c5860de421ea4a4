import { z } from 'zod';
import { deniedTools } from '../../../shared/policy/evaluate.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { givenSchema, type WantedOutput } from '../../../shared/run/output.ts';
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
export const toolSpecs = (policy: Policy, wanted: WantedOutput = { kind: 'diff' }): readonly ToolSpec[] => {
  const denied = deniedTools(policy);
  return ToolName.options
    .filter((name) => !denied.includes(name))
    .map((name) => (name === 'finish' ? finishSpec(wanted) : specOf(name)));
};

/** Always the same, and asked for at every turn. */
const specs = new Map<ToolName, ToolSpec>();

const specOf = (name: Exclude<ToolName, 'finish'>): ToolSpec => {
  const known = specs.get(name);
  if (known !== undefined) return known;
  const spec = specBy(name, toolArguments[name]);
  specs.set(name, spec);
  return spec;
};

/** A model is told of the output that its own task wants, and of no other. */
const finishSpec = (wanted: WantedOutput): ToolSpec => {
  const output = givenSchema(wanted);
  const plain = toolArguments.finish.omit({ output: true });
  return specBy('finish', output === null ? plain : plain.extend({ output }));
};

const specBy = (name: ToolName, schema: z.ZodType): ToolSpec => ({
  name,
  description: tools[name].description,
  // safe: of an object another one is made
  parameters: strictSchema(z.toJSONSchema(schema, { io: 'input' })) as ToolSpec['parameters'],
});

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

/** `named`: the keys are names of properties, and no keywords. */
const strictSchema = (schema: unknown, named = false): unknown => {
  if (Array.isArray(schema)) return schema.map((one: unknown) => strictSchema(one));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => named || kept.has(key))
      .map(([key, value]: [string, unknown]) => [key, strictSchema(value, !named && key === 'properties')]),
  );
};
