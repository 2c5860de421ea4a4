import { playPart } from './schedules.ts';

playPart(0);
