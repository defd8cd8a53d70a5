import { describe, expect, it } from 'vitest';
import { retryLostRace, retryOrConflict } from '../../functions/values/lost-race.ts';

/** An attempt that loses so many races, and how often it was made. */
function losing(times: number) {
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    return attempts > times && `after ${attempts}`;
  };
  return { attempt, count: () => attempts };
}

describe('an attempt that may lose a race', () => {
  it.for([0, 1, 2])('is made again until it wins (%i races lost)', async (lost) => {
    const { attempt, count } = losing(lost);
    expect(await retryOrConflict('it', attempt)).toBe(`after ${lost + 1}`);
    expect(count()).toBe(lost + 1);
  });

  it('is given up after three', async () => {
    const { attempt, count } = losing(3);
    expect(await retryLostRace(attempt)).toBe(false);
    expect(count()).toBe(3);
  });

  it('is then refused to a caller, who is told what others are changing', async () => {
    await expect(retryOrConflict('this stack', losing(3).attempt)).rejects.toMatchObject({
      kind: 'conflict',
      detail: 'Others are changing this stack at the same time. Try again.',
    });
  });

  it('that finds nothing to do is done', async () => {
    expect(await retryLostRace(async () => null)).toBeNull();
  });

  it('is not made again where it fails', async () => {
    let attempts = 0;
    const failing = async () => {
      attempts += 1;
      throw new Error('broken');
    };
    await expect(retryLostRace(failing)).rejects.toThrow('broken');
    expect(attempts).toBe(1);
  });
});
