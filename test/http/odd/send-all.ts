import fc from 'fast-check';
import { expect } from 'vitest';
import { noteDrawn } from '../../support/drawn.ts';
import { DoorsInProcess } from '../doors-in-process.ts';
import type { OddKind } from './kind.ts';
import { StackOfTokens } from './stack-of-tokens.ts';

/** Requests of each kind. */
const runs = 10_000;

/** Sends very many requests of a kind to the doors in process, and sees that everything that it is made of was among them. */
export async function sendAll({ requests, reaches, answers }: OddKind): Promise<void> {
  const stack = new StackOfTokens(() => new DoorsInProcess());
  const statuses = new Map<string, Set<number>>(reaches.map((given) => [given, new Set()]));
  const property = fc.asyncProperty(requests, async (request) => {
    const { status, fault } = await stack.fault(request);
    if (fault) throw new Error(`${request.given}: ${fault} (${status})`);
    statuses.get(request.given)?.add(status);
  });
  await fc.assert(property, { numRuns: runs, verbose: 1, endOnFailure: true });
  noteDrawn(runs);
  for (const [given, answered] of statuses) expect(answered.size, given).toBeGreaterThan(0);
  expect([...statuses.values()].flatMap((answered) => [...answered])).toEqual(expect.arrayContaining([...answers]));
}
