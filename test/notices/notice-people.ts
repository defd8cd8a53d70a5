import { type Actor, personUid } from '../../functions/stacks/person.ts';

/** Where somebody of these tests is mailed. */
export const addressOf = (name: string) => `${name}@example.test`;

/** Somebody of these tests, by first name. */
export function actorOf(name: string): Actor {
  const identity = { issuer: 'https://issuer.example.test', sub: name, email: addressOf(name), email_verified: true };
  return { uid: personUid(identity), identity, request_id: 'request', remote_addr: '192.0.2.1' };
}
