/** `person:ada` is ada; what is no person keeps its word. */
export const actor = (by: string): string => by.replace(/^person:/, '');
