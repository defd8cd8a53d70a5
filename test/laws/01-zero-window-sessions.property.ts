import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type SimulatedProduct, tables } from '../simulation/simulated-product.ts';
import { lawOf } from '../simulation/simulated-races.ts';
import { fixture, productWithSessions } from '../simulation/simulated-stack.ts';
import { Programs } from './01-programs.ts';

const { stack, live } = fixture;
const nth = fc.nat({ max: 3 });
const programs = fc.array(fc.array(nth, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 });
const second = 1000;

async function work(here: Programs, sessions: readonly number[]): Promise<void> {
  for (const each of sessions) await here.verify(each);
}

/** No verification of a session that starts after its end was acknowledged, by whichever way, answers "active". */
export const verifyAgainstDelete = lawOf({
  product: productWithSessions,
  histories: fc.record({
    programs,
    ends: fc.array(fc.constantFrom('own', 'admin', 'all', 'value'), { maxLength: 2 }),
    deletions: fc.constantFrom(0, 1, 1, 2),
  }),
  story: async ({ product, history, tally }) => {
    const here = new Programs(product, tally);
    const end = async (how: string, index: number) => {
      if (how === 'own') await here.endOwn(index);
      else if (how === 'admin') await here.endOne('admin', index);
      else await (how === 'all' ? here.endAll('owner') : here.revoke());
      await here.verify(index);
    };
    const remove = async () => {
      await here.delete('owner');
      await here.verify(2);
    };
    const deletions = Array.from({ length: history.deletions }, remove);
    await Promise.all([...history.programs.map((some) => work(here, some)), ...history.ends.map(end), ...deletions]);
    return undefined;
  },
});

/** What is opened while its token dies is never good, and leaves no row: nobody would end it. */
export const openAgainstDelete = lawOf({
  product: productWithSessions,
  histories: fc.record({
    openings: fc.constantFrom(1, 2),
    end: fc.constantFrom('delete', 'delete', 'stop', 'value'),
    /** How much happens before it. */
    later: fc.nat({ max: 9 }),
  }),
  story: async ({ product, history: { openings, end, later }, tally }) => {
    const here = new Programs(product, tally);
    const open = async () => {
      const { done } = await here.open();
      if (done) await here.verify(here.uids.length - 1);
    };
    const stop = async () => {
      for (let moments = 0; moments < later; moments += 1) await product.pause();
      if (end === 'delete') await here.delete('owner');
      else await (end === 'stop' ? here.stop('admin') : here.revoke());
      await here.verify(here.uids.length - 1);
      await here.open();
    };
    await Promise.all([stop(), ...Array.from({ length: openings }, open)]);
    return () => assertRowsAreKnown(product, here);
  },
});

/** What was opened before "end all" is over; what is opened after it is good, and stays. */
export const endAllAgainstOpen = lawOf({
  product: productWithSessions,
  histories: fc.record({
    ends: fc.constantFrom(1, 1, 2),
    openings: fc.constantFrom(1, 2),
    program: fc.array(nth, { maxLength: 2 }),
  }),
  story: async ({ product, history, tally }) => {
    const here = new Programs(product, tally);
    const end = async () => {
      await here.endAll('owner');
      await here.verify(0);
    };
    const openAll = async () => {
      for (let opened = 0; opened < history.openings; opened += 1) await here.open();
    };
    await Promise.all([...Array.from({ length: history.ends }, end), openAll(), work(here, history.program)]);
    const { done } = await here.open();
    assert(done, 'The token stays good, and so new sessions can be opened.');
    await here.verify(2);
    assert(await here.verify(here.uids.length - 1), 'A session that was opened after all others were ended is good.');
    return () => assertRowsAreKnown(product, here);
  },
});

const changes = fc.constantFrom(
  { soon: 10 },
  { soon: 10 },
  { soon: 70 },
  { expires_on: 'now' },
  { expires_on: null },
  { expires_on: '2027-01-01' },
);

/** A session that was over once, also because its token expired meanwhile, never lives again, however the expiry is moved. */
export const extendAgainstExpire = lawOf({
  product: productWithSessions,
  histories: fc.record({
    edits: fc.array(changes, { minLength: 1, maxLength: 2 }),
    editBySomebodyElse: fc.option(changes, { nil: undefined }),
    program: fc.array(nth, { minLength: 2, maxLength: 3 }),
    /** After how many of the verifications 20 seconds pass. */
    pauses: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }),
  }),
  story: async ({ product, history, tally }) => {
    const here = new Programs(product, tally);
    const edit = (who: 'owner' | 'admin', change: { soon?: number; expires_on?: string | null }) => {
      const at = (soon: number) => new Date(product.now().getTime() + soon * second).toISOString();
      const fields = change.soon ? { expires_on: at(change.soon) } : change;
      const ask = () => product.edit(who, { stack, uid: live.uid, fields });
      return change.expires_on === 'now' ? here.endsAll(ask) : ask();
    };
    const editAll = async () => {
      for (const change of history.edits) tally.saw((await edit('admin', change)).done ? 'edited' : 'not edited');
    };
    const verifyAll = async () => {
      for (const [index, session] of history.program.entries()) {
        for (const _ of history.pauses.filter((pause) => pause === index)) product.pass(20 * second);
        await here.verify(session);
      }
    };
    const other = history.editBySomebodyElse ? [edit('owner', history.editBySomebodyElse)] : [];
    await Promise.all([editAll(), verifyAll(), ...other]);
    await edit('admin', { expires_on: null });
    await work(here, [0, 1]);
    return undefined;
  },
});

/**
 * Every session's row was acknowledged to who opened it: of others nobody would know. And it was put before its epoch ended: what comes
 * later would escape those who end the sessions of that epoch.
 */
function assertRowsAreKnown(product: SimulatedProduct, here: Programs): void {
  for (const { uid } of product.rows().sessions)
    assert(here.uids.includes(String(uid)), `Session ${uid} was left over.`);
  const epochs = product.commits(tables.tokens).filter(({ after }) => after?.uid === live.uid && after.sk === 'META');
  for (const { at, before, after: session } of product.commits(tables.sessions)) {
    if (before || !here.uids.includes(String(session?.uid))) continue;
    const epoch = epochs.findLast((change) => change.at < at)?.after?.epoch ?? 1;
    assert.equal(session?.epoch, epoch, `Session ${session?.uid} was acknowledged, and its epoch was over.`);
  }
}
