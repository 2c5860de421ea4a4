import { playPart } from './schedules.ts';

playPart('first');
