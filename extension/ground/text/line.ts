/* oxlint-disable no-control-regex -- control characters are what this file is about */
import { parseCall } from '../../../shared/policy/call.ts';

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** They show nothing, or turn the direction of what follows: a command could read as another than it is. */
const deceptive =
  /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
const colours = /\u001b\[[0-?]*[ -/]*[@-~]/g;

const named = (char: string): string => `<U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;

/** For what a person judges: nothing is left out, and what shows nothing is shown by its name. */
export const visible = (text: string): string => text.replace(controls, named).replace(deceptive, named);

/** For output of commands: without terminal colours; else as `visible`. */
export const output = (text: string): string => visible(text.replace(/\r+\n?/g, '\n').replace(colours, ''));

/** The same in one line. */
export const line = (text: string): string => output(text).replace(/\s+/g, ' ').trim();

/**
 * Arguments as they are, nothing left out: one field a line as JSON. A text of several lines is a block with `|` before
 * each line, and how it ends is said, so that no text can look like another.
 */
export const exactArguments = (value: unknown): string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return visible(JSON.stringify(value) ?? '');
  return Object.entries(value)
    .map(([name, field]) =>
      typeof field === 'string' && field.includes('\n')
        ? `${visible(JSON.stringify(name))}: ${block(field)}`
        : `${visible(JSON.stringify(name))}: ${visible(JSON.stringify(field))}`,
    )
    .join('\n');
};

const block = (text: string): string => {
  const ended = text.endsWith('\n');
  const rows = (ended ? text.slice(0, -1) : text).split('\n').map((row) => `  | ${visible(row)}`);
  return `${rows.length} lines${ended ? '' : ', no line end after the last'}\n${rows.join('\n')}`;
};

/** A call in one line: `bash npm test`, `edit src/a.ts`. */
export const callLine = (tool: string, value: unknown): string => {
  const parsed = parseCall(tool, value);
  if (parsed.outcome === 'invalid') return line(tool);
  const { command, paths, network } = parsed.call;
  const about =
    parsed.tool === 'ask'
      ? [field(value, 'question')]
      : parsed.tool === 'search'
        ? [field(value, 'pattern'), ...paths]
        : paths;
  const hosts = network.length === 0 ? '' : ` (network: ${network.join(', ')})`;
  return line([tool, command ?? about.join(' ')].filter(Boolean).join(' ') + hosts);
};

const field = (value: unknown, name: string): string =>
  String(Object.entries(value ?? {}).find(([key]) => key === name)?.[1] ?? '');

/** `person:ada` is ada. */
export const actor = (by: string): string => line(by.replace(/^person:/, ''));

export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** Time since the delegation: `0:03`, `12:41`, `1:02:33`. */
export const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
};

/** A span, with a tenth below ten seconds, as calls take them. */
export const took = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : clock(ms);
