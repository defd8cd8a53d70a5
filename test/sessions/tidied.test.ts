import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../functions/sessions/tidied.ts';

const at = new Date('2026-03-01T08:00:00.000Z');

describe('the figures of a receipt', () => {
  const tidied = (...samples: (readonly [ms: number, sessions: number])[]) =>
    summaryOf({ ended: 1, at, samples: samples.map(([ms, sessions]) => ({ ms, sessions })) }).tidied_ms;

  it('say how many were ended, and when that was done', () => {
    expect(summaryOf({ ended: 3, samples: [], at })).toEqual({
      sessions: { total: 3, ended: 3, remaining: 0 },
      tidied_ms: { p50: 0, p99: 0, max: 0 },
      completed_at: '2026-03-01T08:00:00.000Z',
    });
  });

  it.for([
    ['one', [[7, 1]], { p50: 7, p99: 7, max: 7 }],
    [
      'as many early as late',
      [
        [9, 50],
        [7, 50],
      ],
      { p50: 7, p99: 9, max: 9 },
    ],
    [
      'one more late than early',
      [
        [7, 50],
        [9, 51],
      ],
      { p50: 9, p99: 9, max: 9 },
    ],
    [
      'one late of a hundred',
      [
        [9, 1],
        [7, 99],
      ],
      { p50: 7, p99: 7, max: 9 },
    ],
    [
      'two late of a hundred',
      [
        [9, 2],
        [7, 98],
      ],
      { p50: 7, p99: 9, max: 9 },
    ],
  ] as const)('are by nearest rank, each session counted: %s', ([, samples, figures]) => {
    expect(tidied(...samples)).toEqual(figures);
  });

  it('leave the samples in their order', () => {
    const samples = [9, 7].map((ms) => ({ ms, sessions: 1 }));
    summaryOf({ ended: 2, samples, at });
    expect(samples.map(({ ms }) => ms)).toEqual([9, 7]);
  });
});
