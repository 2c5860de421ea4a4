/**
 * What OpenAI's events have, and of which type: as its own OpenAPI description (openai/openai-openapi on GitHub, version 2.3.0, August 2026)
 * shows them, for those that the fake sends. 'null' may be anything.
 */
export type Shape = 'string' | 'number' | 'boolean' | 'array' | 'null' | { readonly [field: string]: Shape };

/** Events of Responses by their type. */
export const officialEvents: Readonly<Record<string, Shape>> = {
  'response.created': {
    type: 'string',
    response: {
      id: 'string',
      object: 'string',
      created_at: 'number',
      status: 'string',
      error: 'null',
      incomplete_details: 'null',
      instructions: 'string',
      max_output_tokens: 'null',
      model: 'string',
      output: 'array',
      parallel_tool_calls: 'boolean',
      previous_response_id: 'null',
      reasoning: {
        effort: 'null',
        summary: 'null',
      },
      store: 'boolean',
      temperature: 'number',
      text: {
        format: {
          type: 'string',
        },
      },
      tool_choice: 'string',
      tools: 'array',
      top_p: 'number',
      truncation: 'string',
      usage: 'null',
      user: 'null',
      metadata: {},
    },
  },
  'response.in_progress': {
    type: 'string',
    response: {
      id: 'string',
      object: 'string',
      created_at: 'number',
      status: 'string',
      error: 'null',
      incomplete_details: 'null',
      instructions: 'string',
      max_output_tokens: 'null',
      model: 'string',
      output: 'array',
      parallel_tool_calls: 'boolean',
      previous_response_id: 'null',
      reasoning: {
        effort: 'null',
        summary: 'null',
      },
      store: 'boolean',
      temperature: 'number',
      text: {
        format: {
          type: 'string',
        },
      },
      tool_choice: 'string',
      tools: 'array',
      top_p: 'number',
      truncation: 'string',
      usage: 'null',
      user: 'null',
      metadata: {},
    },
  },
  'response.output_item.added': {
    type: 'string',
    output_index: 'number',
    item: {
      id: 'string',
      status: 'string',
      type: 'string',
      role: 'string',
      content: 'array',
    },
    sequence_number: 'number',
  },
  'response.content_part.added': {
    type: 'string',
    item_id: 'string',
    output_index: 'number',
    content_index: 'number',
    part: {
      type: 'string',
      text: 'string',
      annotations: 'array',
    },
    sequence_number: 'number',
  },
  'response.output_text.delta': {
    type: 'string',
    item_id: 'string',
    output_index: 'number',
    content_index: 'number',
    delta: 'string',
    sequence_number: 'number',
  },
  'response.output_text.done': {
    type: 'string',
    item_id: 'string',
    output_index: 'number',
    content_index: 'number',
    text: 'string',
    sequence_number: 'number',
  },
  'response.content_part.done': {
    type: 'string',
    item_id: 'string',
    output_index: 'number',
    content_index: 'number',
    part: {
      type: 'string',
      text: 'string',
      annotations: 'array',
    },
    sequence_number: 'number',
  },
  'response.output_item.done': {
    type: 'string',
    output_index: 'number',
    item: {
      id: 'string',
      status: 'string',
      type: 'string',
      role: 'string',
      content: 'array',
    },
    sequence_number: 'number',
  },
  'response.completed': {
    type: 'string',
    response: {
      id: 'string',
      object: 'string',
      created_at: 'number',
      status: 'string',
      error: 'null',
      incomplete_details: 'null',
      instructions: 'string',
      max_output_tokens: 'null',
      model: 'string',
      output: 'array',
      parallel_tool_calls: 'boolean',
      previous_response_id: 'null',
      reasoning: {
        effort: 'null',
        summary: 'null',
      },
      store: 'boolean',
      temperature: 'number',
      text: {
        format: {
          type: 'string',
        },
      },
      tool_choice: 'string',
      tools: 'array',
      top_p: 'number',
      truncation: 'string',
      usage: {
        input_tokens: 'number',
        output_tokens: 'number',
        output_tokens_details: {
          reasoning_tokens: 'number',
        },
        total_tokens: 'number',
      },
      user: 'null',
      metadata: {},
    },
  },
  'response.function_call_arguments.done': {
    type: 'string',
    item_id: 'string',
    name: 'string',
    output_index: 'number',
    arguments: 'string',
    sequence_number: 'number',
  },
  'response.refusal.delta': {
    type: 'string',
    item_id: 'string',
    output_index: 'number',
    content_index: 'number',
    delta: 'string',
    sequence_number: 'number',
  },
  'response.refusal.done': {
    type: 'string',
    item_id: 'string',
    output_index: 'number',
    content_index: 'number',
    refusal: 'string',
    sequence_number: 'number',
  },
};

/** The order in which they come for a message. */
export const officialOrder: readonly string[] = [
  'response.created',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.output_text.delta',
  'response.output_text.done',
  'response.content_part.done',
  'response.output_item.done',
  'response.completed',
];

/** A chunk of Chat Completions. */
export const officialChunk: Shape = {
  id: 'string',
  object: 'string',
  created: 'number',
  model: 'string',
  system_fingerprint: 'string',
  choices: 'array',
};
