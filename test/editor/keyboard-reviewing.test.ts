import { commenting } from './keyboard/commenting.ts';
import { driven } from './keyboard/driven.ts';
import { reviewing } from './keyboard/reviewing.ts';

driven({ ...reviewing, ...commenting }, { begun: [['[caps left.txt] Decide me', 'reviewing']] });
