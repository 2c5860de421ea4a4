/** The carts whose receipts are recorded in recorded.json. */
export const carts = [
  [{ name: 'apple', price: 25, count: 10 }],
  [
    { name: 'bread', price: 320, count: 1 },
    { name: 'sweet', price: 3, count: 11 },
  ],
];
