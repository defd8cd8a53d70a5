import { describe, it } from 'vitest';
import { cursors } from './odd/cursors.ts';
import { headers } from './odd/headers.ts';
import { jsonStructure } from './odd/json-structure.ts';
import { sendAll } from './odd/send-all.ts';
import { visits } from './odd/visits.ts';

/** To the doors in process; `generated-input.test.ts` has the fields. */
describe('whatever is sent around the fields is answered by the contract, and changes nothing when it is refused', () => {
  it.each(Object.entries({ jsonStructure, headers, cursors, visits }))(
    '%s',
    { timeout: 1_200_000 },
    async (_, kind) => {
      await sendAll(kind);
    },
  );
});
