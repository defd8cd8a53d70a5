import { describe, expect, it } from 'vitest';
import { hour, NoticeWorld } from './notice-world.ts';

/** Two tokens whose notice of 1 day is due. */
async function due(): Promise<{ world: NoticeWorld; bad: string; good: string }> {
  const world = await NoticeWorld.make();
  const [bad, good] = [
    await world.token({ name: 'spoilt', expires: 2 }),
    await world.token({ name: 'good', expires: 2 }),
  ];
  world.downUntil(1);
  return { world, bad, good };
}

/** Runs once, an hour later or now. @returns the report, and what was said to have failed */
async function run(world: NoticeWorld, hoursLater = 0) {
  const failures: string[] = [];
  const report = await world.tick(hoursLater, { onFailure: (what) => void failures.push(what) });
  return { ...report, failures };
}

const day = 24 * hour;

describe('a row that is not as it should be', () => {
  it.each([
    ['without a name', { name: undefined }, 24],
    ['of a version that is none', { version: 'one' }, 24],
    ['with an expiry that is none', { expires_at: 'soon' }, 0.25],
    ['with an action that nothing knows', { next_action: 'warn#3' }, 0.25],
  ])('%s is pushed forward, counted and seen, and the other token is told', async (_, change, hours) => {
    const { world, bad, good } = await due();
    world.spoil(bad, change);
    const first = await run(world);
    expect(first).toMatchObject({
      notices: 1,
      not_due: 0,
      failed: [bad],
      failures: [`the token ${bad}`],
      complete: true,
    });
    expect(world.told(good)).toEqual(['1']);
    const [row] = world.rows(`TOKEN#${bad}`, 'META');
    expect(row).toMatchObject({ sweep_failures: 1, due_at: `${world.at(1 + hours / 24)}#${bad}` });
    expect(await run(world)).toMatchObject({ failed: [], mails: { sent: 0 } });
    expect(await run(world, 1 / 6)).toMatchObject({ failed: [] });
    world.downUntil(1 + (hours * hour) / day);
    expect((await run(world)).failed).toEqual([bad]);
  });

  it('is left out of a mail that tells of others', async () => {
    const { world, bad } = await due();
    expect(await run(world)).toMatchObject({ notices: 2 });
    world.spoil(bad, { name: undefined });
    expect(await run(world, 1)).toMatchObject({ mails: { sent: 2 } });
    for (const { text } of world.mails) expect([text.includes('good'), text.includes('spoilt')]).toEqual([true, false]);
  });

  it('never stands in the way of the deletion that came in between', async () => {
    const { world, bad } = await due();
    const { notices } = world.sweepDependencies();
    const [{ due_at } = {}] = world.rows(`TOKEN#${bad}`, 'META');
    await world.delete(bad);
    const before = world.rows(`TOKEN#${bad}`, 'META');
    const seen = { uid: bad, due_at: String(due_at), error: null };
    expect(await notices.postponeUnreadable(seen, { now: world.now, until: new Date(8e14) })).toBe(false);
    expect(world.rows(`TOKEN#${bad}`, 'META')).toEqual(before);
  });
});
