import { playPart } from './schedules.ts';

playPart('third');
