/** What people and programs do to the fixture's live token and its sessions while others verify. */
import fc from 'fast-check';
import type { Answer, Person, SimulatedProduct } from '../simulation/simulated-product.ts';
import { day, scopes } from '../simulation/simulated-product.ts';
import { fixture, sessionFixture } from '../simulation/simulated-stack.ts';

const { stack, live } = fixture;
const hour = day / 24;

export const kindsOfChange = [
  'narrow',
  'widen',
  'turn to another branch',
  'expire soon',
  'never expire',
  'extend',
  'expire now',
  'end all',
  'end one',
  'end own',
  'revoke token',
  'revoke session',
  'delete',
  'open',
] as const;
export type ChangeKind = (typeof kindsOfChange)[number];

export const changes = fc.constantFrom(...kindsOfChange);

const edits: { readonly [K in ChangeKind]?: (now: number) => Readonly<Record<string, unknown>> } = {
  narrow: () => ({ scope: scopes.otherModule }),
  widen: () => ({ scope: scopes.everything }),
  'turn to another branch': () => ({ scope: scopes.otherBranch }),
  'expire soon': (now) => ({ expires_on: new Date(now + 2 * hour).toISOString() }),
  'never expire': () => ({ expires_on: null }),
  extend: (now) => ({ expires_on: new Date(now + 90 * day).toISOString() }),
  'expire now': () => ({ expires_on: 'now' }),
};

/** One try, by an owner or admin or by who holds a value; the first session is the one that is ended alone. */
export function change(product: SimulatedProduct, what: ChangeKind, who: Person): Promise<Answer<unknown>> {
  const { sessions } = product;
  const { value, uid } = sessionFixture.sessions[0] ?? { value: '', uid: '' };
  switch (what) {
    case 'end all':
      return sessions.endAll(who, { stack, uid: live.uid });
    case 'end one':
      return sessions.endOne(who, { stack, uid: live.uid, session: uid });
    case 'end own':
      return sessions.endOwn({ value, stack });
    case 'revoke token':
      return sessions.revoke(live.value);
    case 'revoke session':
      return sessions.revoke(value);
    case 'delete':
      return product.delete(who, { stack, uid: live.uid, confirmName: live.name });
    case 'open':
      return sessions.open({ value: live.value, stack });
    default:
      return product.edit(who, { stack, uid: live.uid, fields: edits[what]?.(product.now().getTime()) ?? {} });
  }
}
