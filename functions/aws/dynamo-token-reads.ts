import type { Seen, Sight, TokenReads } from '../tokens/token-repository.ts';
import { type Keys, keysOf, type Tables } from './keys.ts';
import { memberFrom, stackFrom } from './stack-items.ts';
import type { Reads } from './storage/reads.ts';
import { idempotencyFrom, tokenFrom } from './token-item.ts';
import { usageFrom } from './usage-item.ts';

/** A plan allows 45; those, their last uses and two rows more are one batch read. */
const mostTokens = 49;
/** Tokens in DynamoDB for who only reads them: such a door's bundle holds nothing that changes any. */
export class DynamoTokenReads implements TokenReads {
  readonly #storage: Reads;
  readonly #keys: Keys;
  readonly #tokensTable: string;

  constructor(storage: Reads, tables: Tables) {
    this.#storage = storage;
    this.#keys = keysOf(tables);
    this.#tokensTable = tables.tokens;
  }

  async see({ stack, member, token, branches = [], aliases = [], idempotencyId, lastUse }: Sight): Promise<Seen> {
    const keys = this.#keys;
    const names = [
      ...branches.map((name) => keys.branch(stack, name)),
      ...aliases.map((name) => keys.alias(stack, name)),
    ];
    const always = [keys.member(stack, member), keys.stack(stack)];
    const asked = [
      ...(token ? [keys.token(token)] : []),
      ...(token && lastUse ? [keys.lastUse(token)] : []),
      ...(idempotencyId ? [keys.idempotency(idempotencyId)] : []),
    ];
    const [memberItem, stackItem, ...rest] = await this.#storage.read([...always, ...asked, ...names]);
    const tokenRow = token ? rest.shift() : null;
    const lastUseRow = token && lastUse ? rest.shift() : null;
    const earlier = idempotencyId ? idempotencyFrom(rest.shift()) : null;
    return {
      member: memberFrom(memberItem),
      stack: stackFrom(stackItem),
      token: tokenFrom(tokenRow),
      earlier,
      ...usageFrom(lastUseRow),
      branches: branches.filter((_, index) => rest[index]),
      aliases: aliases.filter((_, index) => rest[branches.length + index]),
    };
  }

  async list(stack: string, member: string): ReturnType<TokenReads['list']> {
    const roster = await this.#storage.query({
      table: this.#tokensTable,
      pk: `STACK#${stack}`,
      prefix: 'TOKEN#',
      limit: mostTokens,
    });
    const uids = roster.map(({ sk }) => String(sk).slice('TOKEN#'.length));
    const keys = [
      this.#keys.member(stack, member),
      this.#keys.stack(stack),
      ...uids.map((uid) => this.#keys.token(uid)),
      ...uids.map((uid) => this.#keys.lastUse(uid)),
    ];
    const [memberItem, stackItem, ...rows] = await this.#storage.read(keys);
    return {
      member: memberFrom(memberItem),
      stack: stackFrom(stackItem),
      tokens: uids.flatMap((_, index) => {
        const token = tokenFrom(rows[index]);
        return token ? [{ token, ...usageFrom(rows[uids.length + index]) }] : [];
      }),
    };
  }
}
