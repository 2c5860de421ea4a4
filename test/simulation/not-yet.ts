/** What is being mended, and found here until it is. */
const patterns = [/\bsetup\b/];

export const isNotYet = (problem: string): boolean => patterns.some((pattern) => pattern.test(problem));
