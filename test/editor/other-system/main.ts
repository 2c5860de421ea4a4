/**
 * An extension beside ours that has the extension host take itself for another system's: what Longhaul says there can be looked at. What works there
 * cannot, and has to be tried on such a machine.
 */
export const activate = (): void => {
  Object.defineProperty(process, 'platform', { value: 'win32' });
};
