import { errorMessage, usage } from '../../shared/trouble.ts';

/** What a program wrote to stdin. Throws Trouble where it is no JSON. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`The input is no JSON: ${errorMessage(error)}.`, 'Write one JSON document to stdin.');
  }
};
