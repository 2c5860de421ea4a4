import { writeFileSync } from 'node:fs';
import { receipt } from '../src/receipt.js';
import { carts } from './carts.js';

const recorded = carts.map(receipt).map((lines) => `  ${JSON.stringify(lines).replaceAll('","', '", "')}`);
writeFileSync(new URL('recorded.json', import.meta.url), `[\n${recorded.join(',\n')}\n]\n`);
console.log(`recorded ${recorded.length} receipts`);
