/** A worker that takes activations and does nothing with them: tests lease in its place. */
process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'stop') process.exit(0);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready' });
