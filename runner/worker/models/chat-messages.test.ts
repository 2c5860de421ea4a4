import { describe, expect, it } from 'vitest';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { messagesOf } from './chat-messages.ts';

const call = (id: string): ModelItem => ({ type: 'call', call: id, name: 'bash', arguments: '{}' });
const output = (id: string): ModelItem => ({ type: 'output', call: id, output: `out ${id}` });
const wireCall = (id: string) => ({ id, type: 'function', function: { name: 'bash', arguments: '{}' } });
const wireOutput = (id: string) => ({ role: 'tool', tool_call_id: id, content: `out ${id}` });

describe('the messages of a request', () => {
  it('are one per turn of the model, with its words and its calls, and then the outputs', () => {
    const items: ModelItem[] = [
      { type: 'message', role: 'user', text: 'Go.' },
      { type: 'reasoning', id: 'rs_1', encrypted: 'x', summary: 'Hm.' },
      { type: 'message', role: 'assistant', text: 'I look.' },
      call('1'),
      call('2'),
      output('1'),
      output('2'),
      call('3'),
      output('3'),
      { type: 'refusal', text: 'No.' },
      { type: 'message', role: 'assistant', text: 'Sorry.' },
    ];
    expect(messagesOf({ instructions: 'Be good.', items }, null)).toEqual([
      { role: 'system', content: 'Be good.' },
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: 'I look.', tool_calls: [wireCall('1'), wireCall('2')] },
      wireOutput('1'),
      wireOutput('2'),
      { role: 'assistant', content: null, tool_calls: [wireCall('3')] },
      wireOutput('3'),
      { role: 'assistant', content: 'No.\n\nSorry.' },
    ]);
  });
});
