/** Sums a cart in cents. Ten or more of one item: a tenth off that item's price, rounded to the cent. */
export function total(items) {
  let sum = 0;
  for (const { price, count } of items) {
    const discount = count > 10 ? 0.1 : 0;
    sum += price * count * (1 - discount);
  }
  return sum;
}
