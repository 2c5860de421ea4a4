import { randomUUID } from 'node:crypto';

/** Told of what an endpoint sent and nobody could read, in a few words. */
export type Odd = (what: string) => void;

export type Bag = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A number, also where it came as text; null for anything else. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** An id, be it a number; empty where there is none. */
export const idOf = (id: unknown): string => (typeof id === 'string' || typeof id === 'number' ? String(id) : '');

/** Old servers give calls no ids; an answer has to name its call all the same. */
export const callIdOf = (id: unknown): string => idOf(id) || `call_${randomUUID()}`;

/** The text of arguments; some servers send the object itself. */
export function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
