import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { total } from '../src/cart.js';
import { receipt } from '../src/receipt.js';
import { carts } from '../receipts/carts.js';

test('an empty cart costs nothing', () => {
  assert.equal(total([]), 0);
});

test('nine apples cost nine times one apple', () => {
  assert.equal(total([{ name: 'apple', price: 25, count: 9 }]), 225);
});

test('ten apples get a tenth off', () => {
  assert.equal(total([{ name: 'apple', price: 25, count: 10 }]), 225);
});

test('a total is a whole number of cents', () => {
  assert.equal(total([{ name: 'sweet', price: 3, count: 11 }]), 30);
});

test('receipts are as recorded', () => {
  const recorded = JSON.parse(readFileSync(new URL('../receipts/recorded.json', import.meta.url), 'utf8'));
  assert.deepEqual(carts.map(receipt), recorded);
});
