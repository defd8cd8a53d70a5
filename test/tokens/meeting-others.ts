/** Others, in the way of a use case's writes. */
import type { Dependencies, Tampering } from '../simulation/simulated-dependencies.ts';
import { keys, type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import { fixture } from '../simulation/simulated-stack.ts';
import { changed } from '../support/tampering.ts';

/** So many writes find that somebody was faster; nothing is written by those. */
export function meetingOthers(times: number): Tampering {
  let left = times;
  const isMet = () => left-- > 0;
  return writing((tokens) => ({
    create: async (creation) => (isMet() ? { failed: 'count', tokens: 0 } : await tokens.create(creation)),
    succeed: async (succession) => (isMet() ? { failed: 'before' } : await tokens.succeed(succession)),
    replace: async (edit) => (isMet() ? { failed: 'token' } : await tokens.replace(edit)),
  }));
}

/** Something happens just before the first write. */
export function meanwhile(act: () => unknown): Tampering {
  let isDone = false;
  const happens = async () => {
    if (!isDone) {
      isDone = true;
      await act();
    }
  };
  return writing((tokens) => ({
    create: async (creation) => await happens().then(() => tokens.create(creation)),
    succeed: async (succession) => await happens().then(() => tokens.succeed(succession)),
    replace: async (edit) => await happens().then(() => tokens.replace(edit)),
  }));
}

/** The fixture's admin is one no more. */
export function demote(product: SimulatedProduct): void {
  const { dynamo } = product;
  const key = keys.member(fixture.stack, product.actor('admin').uid);
  const row = dynamo.items(tables.tokens).find(({ pk, sk }) => pk?.S === key.pk && sk?.S === key.sk);
  dynamo.put(tables.tokens, { ...row, role: { S: 'developer' } });
}

type Tokens = Dependencies['tokens'];

function writing(methods: (tokens: Tokens) => Partial<Tokens>): Tampering {
  return (deps, use) => (use === 'change' ? { ...deps, tokens: changed(deps.tokens, methods(deps.tokens)) } : deps);
}
