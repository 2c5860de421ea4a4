/** A message as a model is shown it: whole, within whatever is said around it. */
export const messageText = (text: string): string => JSON.stringify(text).slice(1, -1);
