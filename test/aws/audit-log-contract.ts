import { describe, expect, it } from 'vitest';
import { keysOf } from '../../functions/aws/keys.ts';
import { type AuditEntry, auditEntry, operationId } from '../../functions/stacks/audit-entry.ts';
import type { AuditLog, AuditPage, AuditRange } from '../../functions/stacks/audit-log.ts';
import type { Repositories } from './repository-backends.ts';
import { at, random, StackOfPeople } from './stack-of-people.ts';

const [token, other] = ['blt00000000000000c1', 'blt00000000000000c2'];

/** What reading the audit log rests on. */
export function describeAuditLog(repositories: () => Repositories): void {
  /** An entry about a token, so many minutes after the stack was made. */
  function entryOf(scene: StackOfPeople, minute: number, uid = token): AuditEntry {
    const operation = operationId(new Date(at.getTime() + minute * 60_000), random);
    const event = { stack: scene.stack.api_key, module: 'management_token', event_type: 'update' } as const;
    const actor = { ...scene.owner, request_id: 'r', remote_addr: '' };
    const metadata = { uid, title: `minute ${minute}` };
    return auditEntry({ ...event, metadata }, { actor, at: new Date(at.getTime() + minute * 60_000), operation });
  }
  const put = async (entry: AuditEntry) => {
    await repositories().tokens.recordRefusal(entry);
    return entry;
  };
  /** As earlier versions stored it: not in the index. */
  const putUnindexed = async (entry: AuditEntry) => {
    const { storage, tables } = repositories();
    await storage.write({ put: keysOf(tables).audit(entry.stack, entry.uid), item: { ...entry } });
    return entry;
  };
  const made = () => StackOfPeople.make(repositories());
  const titles = ({ entries }: AuditPage) => entries.map(({ metadata }) => metadata.title);

  /** Page by page, as the next position says. */
  async function allPages(read: (range: AuditRange) => Promise<AuditPage>, stack: string, limit: number) {
    const found: string[] = [];
    let before: string | null = null;
    do {
      const page: AuditPage = await read({ stack, limit, before });
      found.push(...titles(page));
      before = page.next;
    } while (before !== null);
    return found;
  }

  describe('the audit log', () => {
    it('gives the newest entries first, page by page', async () => {
      const scene = await made();
      for (const minute of [3, 1, 4, 2, 5]) await put(entryOf(scene, minute));
      const newestFirst = ['minute 5', 'minute 4', 'minute 3', 'minute 2', 'minute 1', 'Web'];
      const { auditLog } = repositories();
      for (const limit of [1, 2, 3, 5, 6, 100])
        expect(await allPages((range) => auditLog.all(range), scene.stack.api_key, limit)).toEqual(newestFirst);
    });

    it('says that nothing is left where the last entry is on the page', async () => {
      const scene = await made();
      await put(entryOf(scene, 1));
      const page = (limit: number) => repositories().auditLog.all({ stack: scene.stack.api_key, limit, before: null });
      expect((await page(2)).next).toBeNull();
      expect((await page(1)).next).not.toBeNull();
    });

    it('gives an entry to its own stack only', async () => {
      const [scene, foreign] = [await made(), await made()];
      const entry = await put(entryOf(scene, 1));
      const { auditLog } = repositories();
      expect(await auditLog.entry(scene.stack.api_key, entry.uid)).toEqual(entry);
      expect(await auditLog.entry(foreign.stack.api_key, entry.uid)).toBeNull();
    });

    it('finds what is about one subject of its own stack: by the index, and what is in no index', async () => {
      const [scene, foreign] = [await made(), await made()];
      for (const minute of [1, 2, 3]) await putUnindexed(entryOf(scene, minute));
      for (const minute of [4, 5]) await put(entryOf(scene, minute));
      await putUnindexed(entryOf(scene, 6));
      for (const one of [scene, foreign]) {
        await put(entryOf(one, 7, other));
        await putUnindexed(entryOf(one, 8, other));
      }
      const { stack } = scene;
      const read = (what: 'about' | 'unindexedAbout', subject: string, limit: number) => {
        const log: AuditLog = repositories().auditLog;
        return allPages((range) => log[what]({ ...range, subject }), stack.api_key, limit);
      };
      for (const limit of [1, 2, 100]) {
        expect(await read('about', token, limit)).toEqual(['minute 5', 'minute 4']);
        expect(await read('unindexedAbout', token, limit)).toEqual(['minute 6', 'minute 3', 'minute 2', 'minute 1']);
        expect(await read('about', other, limit)).toEqual(['minute 7']);
        expect(await read('unindexedAbout', other, limit)).toEqual(['minute 8']);
        expect(await read('about', stack.api_key, limit)).toEqual(['Web']);
        expect(await read('about', 'blt00000000000000c3', limit)).toEqual([]);
      }
      expect(
        await allPages(
          (range) => repositories().auditLog.about({ ...range, subject: token }),
          foreign.stack.api_key,
          9,
        ),
      ).toEqual([]);
    });

    it('begins behind an entry that it is told', async () => {
      const scene = await made();
      const entries = [
        await put(entryOf(scene, 1)),
        await putUnindexed(entryOf(scene, 2)),
        await put(entryOf(scene, 3)),
      ];
      const range = { stack: scene.stack.api_key, subject: token, limit: 10, before: entries[2]?.uid ?? '' };
      const { auditLog } = repositories();
      expect(titles(await auditLog.all(range))).toEqual(['minute 2', 'minute 1', 'Web']);
      expect(titles(await auditLog.about(range))).toEqual(['minute 1']);
      expect(titles(await auditLog.unindexedAbout(range))).toEqual(['minute 2']);
    });
  });
}
