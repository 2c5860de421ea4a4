import { cleanLine } from '../text/clean.ts';
import { parseCall, type ParsedCall } from './call.ts';

/** A call in one line, as a person would say it: `bash npm test`, `edit src/a.ts`. Safe to print. */
export const callLine = (tool: string, args: unknown): string => {
  const parsed = parseCall(tool, args);
  return cleanLine(parsed.outcome === 'ok' ? `${tool} ${subject(parsed, args)}` : tool);
};

const subject = ({ tool, call }: Extract<ParsedCall, { outcome: 'ok' }>, args: unknown): string => {
  switch (tool) {
    case 'bash':
      return `${call.command ?? ''}${call.network.length === 0 ? '' : ` (network: ${call.network.join(', ')})`}`;
    case 'read':
    case 'list':
    case 'edit':
    case 'write':
    case 'apply_patch':
      return call.paths.join(' ');
    case 'search':
      return `${field(args, 'pattern')} in ${call.paths.join(' ')}`;
    case 'ask':
      return field(args, 'question');
    case 'plan':
    case 'finish':
      return '';
  }
};

const field = (args: unknown, name: string): string =>
  String(Object.entries(args ?? {}).find(([key]) => key === name)?.[1] ?? '');
