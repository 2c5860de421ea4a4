/** Keywords that strict mode takes, besides the structure: as of the Structured Outputs guide; all others are refused. */
const permitted = new Set(
  [
    'type properties required additionalProperties items enum const anyOf $ref $defs definitions $schema title',
    'description pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems',
  ].flatMap((line) => line.split(' ')),
);
const deepest = 10;

/** Why strict mode would refuse these parameters, in OpenAI's words, or null. */
export function strictModeComplaint(parameters: unknown): string | null {
  if (!isRecord(parameters)) return 'In context=(), schema must be a JSON object.';
  if (parameters['type'] !== 'object')
    return `schema must be of 'type: "object"', got 'type: "${String(parameters['type'])}"'.`;
  return complaint(parameters, []);
}

function complaint(schema: unknown, path: readonly string[]): string | null {
  const context = `In context=(${path.map((name) => `'${name}'`).join(', ')})`;
  if (!isRecord(schema)) return `${context}, schema must be a JSON object.`;
  if (path.length > deepest * 2) return `${context}, the schema is nested too deeply.`;
  const alien = Object.keys(schema).find((keyword) => !permitted.has(keyword));
  if (alien !== undefined) return `${context}, '${alien}' is not permitted.`;
  const typed = ['type', 'anyOf', '$ref', 'enum', 'const'].some((keyword) => keyword in schema);
  if (!typed) return `${context}, schema must have a 'type' key.`;
  if ([schema['type']].flat().includes('object')) {
    const wrong = objectComplaint(schema, context);
    if (wrong !== null) return wrong;
  }
  for (const [name, child] of children(schema)) {
    const wrong = complaint(child, [...path, ...name]);
    if (wrong !== null) return wrong;
  }
  return null;
}

function objectComplaint(schema: Record<string, unknown>, context: string): string | null {
  if (schema['additionalProperties'] !== false) {
    return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
  }
  const names = isRecord(schema['properties']) ? Object.keys(schema['properties']) : [];
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const missing = names.find((name) => !required.includes(name));
  if (missing !== undefined) {
    return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
  }
  const extra = required.find((name) => typeof name !== 'string' || !names.includes(name));
  return extra === undefined ? null : `${context}, 'required' names an unknown property: ${JSON.stringify(extra)}.`;
}

function children(schema: Record<string, unknown>): [readonly string[], unknown][] {
  const named = (keyword: string): [readonly string[], unknown][] =>
    isRecord(schema[keyword]) ? Object.entries(schema[keyword]).map(([name, child]) => [[keyword, name], child]) : [];
  const listed = Array.isArray(schema['anyOf']) ? schema['anyOf'] : [];
  return [
    ...named('properties'),
    ...named('$defs'),
    ...named('definitions'),
    ...('items' in schema ? [[['items'], schema['items']] satisfies [readonly string[], unknown]] : []),
    ...listed.map((child: unknown, index): [readonly string[], unknown] => [['anyOf', String(index)], child]),
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
