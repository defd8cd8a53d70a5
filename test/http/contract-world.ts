import { personUid } from '../../functions/stacks/person.ts';
import { mintTokenValue } from '../../functions/tokens/token-value.ts';
import type { FaultTarget } from '../../local/faults.ts';
import { type Call, type Reply, RunningSystem, type Who } from '../support/running-system.ts';

export interface KnownToken {
  readonly uid: string;
  readonly name: string;
  readonly value: string;
}

/** A request to a route; `{uid}` and `{session_uid}` of its path are taken from here. */
export interface Attempt extends Call {
  readonly uid?: string;
  readonly sessionUid?: string;
  readonly query?: string;
}

type TokensOfContract = Omit<ContractWorld, 'system' | 'send' | 'stop' | 'expiredJwt' | 'unknownValue'>;

/** A running system with a token in every condition, and with one stack whose storage is down and one that is always in conflict. */
export class ContractWorld {
  readonly system: RunningSystem;
  readonly live: KnownToken;
  readonly stopped: KnownToken;
  readonly deleted: KnownToken;
  readonly readOnly: KnownToken;
  readonly limited: KnownToken;
  /** Of the outsider's stack. */
  readonly foreign: KnownToken & { readonly stack: string };
  /** Storage is down for everything that has to do with it, and for the outsider's own list of stacks. */
  readonly broken: KnownToken & { readonly stack: string };
  /** Every transaction of it meets another, and so does every new stack of the developer. */
  readonly contested: KnownToken & { readonly stack: string };

  private constructor(system: RunningSystem, tokens: TokensOfContract) {
    this.system = system;
    this.live = tokens.live;
    this.stopped = tokens.stopped;
    this.deleted = tokens.deleted;
    this.readOnly = tokens.readOnly;
    this.limited = tokens.limited;
    this.foreign = tokens.foreign;
    this.broken = tokens.broken;
    this.contested = tokens.contested;
  }

  static async start(): Promise<ContractWorld> {
    const system = await RunningSystem.start({ streams: false });
    const ofStack = async (who: Who) => {
      const stack = await system.createStack(who);
      return { stack, ...(await system.createToken({}, { as: who, stack })) };
    };
    const branch = { module: 'branch', branches: ['main'], acl: { read: true } };
    const tokens = {
      live: await system.createToken(),
      stopped: await system.createToken(),
      deleted: await system.createToken(),
      readOnly: await system.createToken({ scope: [{ module: 'entry', acl: { read: true } }, branch] }),
      limited: await system.createToken({ rate_limits: { read: 1, write: 1 } }),
      foreign: await ofStack('outsider'),
      broken: await ofStack('owner'),
      contested: await ofStack('owner'),
    };
    const stop = { as: 'owner', json: { token: { expires_on: 'now' } } } as const;
    await system.call('PUT', `/v3/stacks/management_tokens/${tokens.stopped.uid}`, stop);
    await system.deleteToken(tokens.deleted);
    // Somebody to remove, and somebody to transfer it to.
    const { stack } = tokens.contested;
    const json = { clients: ['bot'], emails: ['adam@example.test'] };
    await system.call('POST', '/v3/stacks/share', { as: 'owner', stack, json });
    await system.call('GET', '/v3/stacks', { as: 'admin', stack });
    const world = new ContractWorld(system, tokens);
    world.#injectFaults();
    return world;
  }

  #injectFaults(): void {
    const { front, issuer } = this.system.system;
    const personOf = (sub: string) => `PERSON#${personUid({ issuer: issuer.endpoint, sub })}`;
    const mentions = ({ body }: FaultTarget, names: readonly string[]) =>
      names.some((name) => JSON.stringify(body).includes(name));
    const down = [this.broken.stack, this.broken.uid, personOf('oscar-outsider')];
    const contested = [this.contested.stack, this.contested.uid, personOf('dana-developer')];
    front.inject({ kind: 'internal-error', when: (request) => mentions(request, down) });
    front.inject({ kind: 'conflict', when: (request) => mentions(request, contested) });
  }

  async send(route: string, { uid = '', sessionUid = '', query = '', ...call }: Attempt): Promise<Reply> {
    const [method = '', path = ''] = route.split(' ');
    const named = path.replace('{uid}', uid).replace('{session_uid}', sessionUid);
    return await this.system.call(method, `${named}${query ? `?${query}` : ''}`, call);
  }

  /** The owner's, of yesterday. */
  expiredJwt(): Promise<string> {
    return this.system.system.issuer.mint({ sub: 'olivia-owner', lifetime: -60 });
  }

  /** A value of the right shape that nobody was given. */
  unknownValue(): string {
    return mintTokenValue(this.live.uid, (bytes) => new Uint8Array(bytes));
  }

  stop(): Promise<void> {
    return this.system.stop();
  }
}
