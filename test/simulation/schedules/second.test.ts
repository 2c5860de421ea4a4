import { playPart } from './schedules.ts';

playPart('second');
