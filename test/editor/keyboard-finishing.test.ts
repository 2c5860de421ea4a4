import { driven } from './keyboard/driven.ts';
import { finishing } from './keyboard/finishing.ts';

driven(finishing, {
  begun: [
    ['[line] Take me', 'reviewing'],
    ['[line] Change me', 'reviewing'],
    ['[line] Leave me', 'reviewing'],
    ['[line] Drop me', 'reviewing'],
  ],
  onGitHub: true,
});
