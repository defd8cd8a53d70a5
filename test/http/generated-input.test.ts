import { describe, it } from 'vitest';
import { dates } from './odd/dates.ts';
import { limits } from './odd/limits.ts';
import { names } from './odd/names.ts';
import { scopes } from './odd/scopes.ts';
import { sendAll } from './odd/send-all.ts';

/** To the doors in process; `generated-requests.test.ts` has what is around the fields. */
describe('whatever is sent for a field is answered by the contract, names the field, and changes nothing when it is refused', () => {
  it.each(Object.entries({ names, dates, scopes, limits }))('%s', { timeout: 1_200_000 }, async (_, kind) => {
    await sendAll(kind);
  });
});
