import { automating } from './keyboard/automating.ts';
import { driven } from './keyboard/driven.ts';
import { looking } from './keyboard/looking.ts';
import { puttingAway, steering } from './keyboard/steering.ts';

driven(
  { ...steering, ...looking, ...puttingAway, ...automating },
  {
    begun: [
      ['[line] Take me', 'reviewing'],
      ['[line] Stop me', 'reviewing'],
      ['[nothing] Put me away', 'completed'],
    ],
  },
);
