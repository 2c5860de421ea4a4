import { playPart } from './schedules.ts';

playPart('fourth');
