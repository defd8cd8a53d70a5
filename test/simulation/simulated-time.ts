/** A clock that ticks when it is looked at, so that no instant comes twice, or stands still; and instances whose clocks differ from it. */
import type { Use } from './simulated-dependencies.ts';

export class SimulatedTime {
  /** By how many ms the clocks of instances are ahead. */
  readonly ahead: Partial<Record<Use, number>> = {};
  #ms: number;
  #tick = 1;

  constructor(startMs: number) {
    this.#ms = startMs;
  }

  now(use?: Use): Date {
    this.#ms += this.#tick;
    return new Date(this.#ms + ((use && this.ahead[use]) ?? 0));
  }

  pass(ms: number): void {
    this.#ms += ms;
  }

  /** From now on it is this instant, until time is told to pass. */
  stand(at: number): void {
    [this.#ms, this.#tick] = [at, 0];
  }
}
