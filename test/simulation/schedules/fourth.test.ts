import { playPart } from './schedules.ts';

playPart(3);
