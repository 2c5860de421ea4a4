import { deciding } from './keyboard/deciding.ts';
import { delegating } from './keyboard/delegating.ts';
import { driven } from './keyboard/driven.ts';
import { settingUp } from './keyboard/looking.ts';

driven(
  { ...deciding, ...delegating, ...settingUp },
  {
    begun: [
      ['[ask] Approve me', 'waiting'],
      ['[ask] Edit me', 'waiting'],
      ['[ask] Reject me', 'waiting'],
      ['[ask] Renew me', 'waiting', 1 / 3600],
      ['[half] See what I did', 'waiting'],
      ['[says] Write me', 'waiting'],
      ['[question] Answer me', 'waiting'],
    ],
    shopTests: true,
  },
);
