import { driven } from './keyboard/driven.ts';
import { looking } from './keyboard/looking.ts';
import { puttingAway, steering } from './keyboard/steering.ts';

driven(
  { ...steering, ...looking, ...puttingAway },
  {
    begun: [
      ['[line] Take me', 'reviewing'],
      ['[line] Stop me', 'reviewing'],
      ['[nothing] Put me away', 'completed'],
    ],
  },
);
