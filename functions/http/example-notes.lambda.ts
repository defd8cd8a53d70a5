import { answerNotes } from './oauth/example-notes.ts';

export const handler = answerNotes;
