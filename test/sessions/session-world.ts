/** The fixture's token with its three sessions, and what use cases of sessions are given over it. */
import { dependenciesOver } from '../simulation/simulated-dependencies.ts';
import type { Person } from '../simulation/simulated-product.ts';
import { fixture, productWithSessions, sessionFixture } from '../simulation/simulated-stack.ts';

export const { stack, otherStack, live, stopped, foreign } = fixture;
export const { sessions } = sessionFixture;

export function sessionWorld() {
  const product = productWithSessions({});
  const deps = dependenciesOver({
    client: product.dynamo,
    bus: product.bus,
    pause: async () => {},
    now: () => product.now(),
    random: (bytes) => product.random(bytes),
  });
  const uidOf = (person: Person) => product.actor(person).uid;
  return { product, deps, uidOf, liveUids: () => product.rows().sessions.map(({ sk }) => sk) };
}
