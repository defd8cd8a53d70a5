import type { EventPublisher } from '../events/catalogue.ts';
import type { TokenRepository } from '../tokens/token-repository.ts';
import type { Randomness } from '../values/token-value.ts';
import type { DigestKey, NoticeRepository } from './notice-repository.ts';
import type { SendDigestDependencies } from './send-digest.ts';
import { emptyReport, type SweepReport } from './sweep-report.ts';

export interface SweepDependencies extends SendDigestDependencies {
  readonly notices: NoticeRepository;
  readonly tokens: Pick<TokenRepository, 'cleanUp'>;
  readonly publisher: EventPublisher;
  readonly now: () => Date;
  readonly random: Randomness;
  /** Whether there is time for one thing more. */
  readonly hasTime: () => boolean;
  /** Told of every failure that did not end the run. */
  readonly onFailure: (what: string, error: unknown) => void;
}

/** One run of the sweep: the instant that it is for, its report, and the digests that it has put notices into. */
export class SweepRun {
  readonly deps: SweepDependencies;
  /** The instant that the run is for. */
  readonly now: Date;
  readonly requestId: string;
  readonly report: SweepReport;
  readonly #opened = new Map<string, DigestKey>();

  constructor(deps: SweepDependencies, { now, requestId }: { now: Date; requestId: string }) {
    this.deps = deps;
    this.now = now;
    this.requestId = requestId;
    this.report = emptyReport(now);
  }

  /** Whether the run may begin one thing more. Where it may not, the report is not complete. */
  mayContinue(): boolean {
    if (!this.deps.hasTime()) this.report.complete = false;
    return this.report.complete;
  }

  /** @returns false where it failed, which does not end the run */
  async attempt(what: string, run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      this.deps.onFailure(what, error);
      return false;
    }
  }

  /** Counts a failure and pushes the token forward, so that it holds up no other. */
  async fail(uid: string, { error, postpone }: { error: unknown; postpone: () => Promise<boolean> }): Promise<void> {
    this.deps.onFailure(`the token ${uid}`, error);
    this.report.failed.push(uid);
    await this.attempt(`pushing the token ${uid} forward`, postpone);
  }

  /** @param isDone false where somebody else has changed the token since it was seen */
  count(what: 'notices' | 'skipped' | 'held_back' | 'cleaned_up', isDone: boolean): void {
    this.report[isDone ? what : 'not_due'] += 1;
  }

  /** Remembers a digest that has taken a notice. */
  opened(digest: DigestKey): void {
    this.#opened.set(nameOf(digest), digest);
  }

  /** The digests that were opened since the last call and whose time has come. */
  takeOpened(): readonly DigestKey[] {
    const due = [...this.#opened.values()].filter(({ send_at }) => send_at <= this.now.toISOString());
    this.#opened.clear();
    return due;
  }
}

/** A digest's name: no two have the same. */
export const nameOf = ({ stack, send_at }: DigestKey): string => `${stack}#${send_at}`;
