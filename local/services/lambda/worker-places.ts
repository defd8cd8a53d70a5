/** A function that has workers. */
interface Tenant {
  readonly workers: number;
  /** How many workers more it has events for, and may have. */
  readonly wanted: number;
  /** Since when its longest idle worker has been so, by `performance.now()`; undefined: none is idle. */
  readonly idleSince: number | undefined;
  start(): void;
  /** Ends the worker that has been idle for longest. */
  retireOne(): void;
}

/** A worker that has been idle for less is kept for its own function, unless another has none at all. */
const BRIEFLY_IDLE_MS = 1000;

/** The places for workers that all functions share: they bound the memory, however many functions there are. */
export class WorkerPlaces {
  readonly #most: number;
  readonly #tenants: Tenant[] = [];
  #again: NodeJS.Timeout | undefined;

  /** @param most workers at a time */
  constructor(most: number) {
    this.#most = most;
  }

  add(tenant: Tenant): void {
    this.#tenants.push(tenant);
  }

  /** Starts the workers that are wanted, those of the functions with the fewest first: in free places, or in those of idle workers. */
  share(): void {
    let next = this.#neediest();
    for (; next && this.#makePlace(next); next = this.#neediest()) next.start();
    if (!next) return;
    // By then a worker that is idle now may have been so for long enough.
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.share();
    }, BRIEFLY_IDLE_MS).unref();
  }

  #neediest(): Tenant | undefined {
    const wanting = this.#tenants.filter(({ wanted }) => wanted > 0);
    return wanting.sort((one, other) => one.workers - other.workers)[0];
  }

  /** @returns whether there is a place now */
  #makePlace(tenant: Tenant): boolean {
    if (this.#tenants.reduce((sum, { workers }) => sum + workers, 0) < this.#most) return true;
    const now = performance.now();
    const [donor] = this.#tenants
      .filter((one) => one !== tenant && one.idleSince !== undefined)
      .filter(
        ({ workers, idleSince = now }) =>
          tenant.workers === 0 || workers > tenant.workers + 1 || now - idleSince > BRIEFLY_IDLE_MS,
      )
      .sort((one, other) => (one.idleSince ?? now) - (other.idleSince ?? now));
    donor?.retireOne();
    return donor !== undefined;
  }
}
