import { total } from './cart.js';

/** The receipt as lines of text. */
export function receipt(items) {
  const lines = items.map(({ name, price, count }) => `${count} x ${name} at ${euros(price)}`);
  return [...lines, `Total: ${euros(total(items))}`];
}

const euros = (cents) => `${(cents / 100).toFixed(2)} EUR`;
