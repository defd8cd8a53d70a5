/** A mailer for tests, below the digests: it remembers every try, and what became of it is the history's to choose. */
import type { Mail, Mailer, MailOutcome } from '../../functions/notices/mailer.ts';

/** What becomes of a try; of one whose outcome nobody knows, whether the mail arrived. */
export const fates = ['sent', 'failed', 'undeliverable', 'unknown, and it arrived', 'unknown, and it did not'] as const;
export type Fate = (typeof fates)[number];

/** One try to send a mail. */
export interface MailTry {
  readonly mail: Mail;
  readonly fate: Fate;
  /** The run that sent it. */
  readonly run: number;
  /** How many changes were committed when it was sent. */
  readonly moment: number;
  /** The true time then, ms since the epoch. */
  readonly at: number;
}

export interface SimulatedMailerOptions {
  /** Lets others go first. */
  readonly hop: (step: string) => Promise<void>;
  readonly moment: () => number;
  readonly now: () => number;
}

export class SimulatedMailer {
  readonly tries: MailTry[] = [];
  readonly #options: SimulatedMailerOptions;
  /** What becomes of the next try; `sent` unless given. */
  fate: (mail: Mail) => Fate = () => 'sent';
  /** How many steps the next answer takes. */
  slowness: () => number = () => 1;

  constructor(options: SimulatedMailerOptions) {
    this.#options = options;
  }

  /** The mailer of one run. */
  of(run: number): Mailer {
    return { send: (mail) => this.#send(mail, run) };
  }

  async #send(mail: Mail, run: number): Promise<MailOutcome> {
    const { hop, moment, now } = this.#options;
    await hop('a mail arrives');
    const fate = this.fate(mail);
    this.tries.push({ mail, fate, run, moment: moment(), at: now() });
    for (let steps = this.slowness(); steps > 0; steps -= 1) await hop('the mailer answers');
    return outcomeOf(fate);
  }
}

function outcomeOf(fate: Fate): MailOutcome {
  if (fate === 'sent') return { outcome: 'sent', message_id: '' };
  const reason = 'It was to be so.';
  return fate === 'failed' || fate === 'undeliverable' ? { outcome: fate, reason } : { outcome: 'unknown', reason };
}

/** Whether a person may have it. */
export const mayHaveArrived = ({ fate }: MailTry): boolean => fate === 'sent' || fate.startsWith('unknown');
