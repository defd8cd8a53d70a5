import { answerNotes } from './example-notes.ts';

export const handler = answerNotes;
