import { describe, expect, it } from 'vitest';
import { rateHeaders, rateLimited } from '../../functions/sessions/rate-windows.ts';

describe('a limit', () => {
  it('that is reached says what it is, and when to try again', () => {
    const { kind, detail, headers } = rateLimited({ limit: 600, seconds: 60 });
    expect([kind, detail]).toEqual(['too-many-requests', 'Too many requests. Try again in 60 s.']);
    expect(headers).toEqual({ 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '0', 'retry-after': '60' });
  });

  it('that is not says how much of it is left', () => {
    expect(rateHeaders(10, 3)).toEqual({ 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '3' });
  });
});
