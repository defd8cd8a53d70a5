/** A stack with a token, as the flows of law 11's late writes begin with it. */
import { randomUUID } from 'node:crypto';
import type { HygieneStack, MadeToken } from '../support/hygiene-scene.ts';
import type { LateWrites } from '../support/late-writes.ts';
import { allRights, type Call } from '../support/running-system.ts';

export const tokensPath = '/v3/stacks/management_tokens';
const nextYear = 365 * 24;

/** A stack with a token, and the requests of the people and programs around it. */
export class Scene {
  readonly late: LateWrites;
  readonly stack: HygieneStack;
  readonly token: MadeToken;

  private constructor(late: LateWrites, { stack, token }: { stack: HygieneStack; token: MadeToken }) {
    this.late = late;
    this.stack = stack;
    this.token = token;
  }

  static async make(late: LateWrites): Promise<Scene> {
    const stack = await late.scene.stack(`Stack ${randomUUID()}`.slice(0, 30));
    return new Scene(late, { stack, token: await stack.token('ci-deploy', nextYear) });
  }

  get path(): string {
    return `${tokensPath}/${this.token.uid}`;
  }

  call(method: string, path: string, call: Call = {}) {
    return this.late.scene.running.call(method, path, { stack: this.stack.key, ...call });
  }

  asOwner = (method: string, path: string, json?: object) =>
    this.call(method, path, { as: 'owner', ...(json ? { json } : {}) });

  edit = (token: object) => this.asOwner('PUT', this.path, { token });
  stop = () => this.edit({ expires_on: 'now' });
  extend = () => this.edit({ expires_on: this.late.scene.after(nextYear) });
  delete = () => this.asOwner('DELETE', `${this.path}?confirm_name=${this.token.name}`);
  create = (name: string, headers = {}) =>
    this.call('POST', tokensPath, { as: 'owner', json: { token: { name, scope: allRights } }, headers });
  revoke = (value: string) =>
    this.call('POST', '/oauth2/revoke', { body: new URLSearchParams({ token: value }), stack: null });

  async open(): Promise<{ uid: string; value: string }> {
    const { status, body } = await this.call('POST', '/v3/token_sessions', {
      value: this.token.value,
      json: { session: {} },
    });
    return { uid: body.session?.uid ?? `none: ${status}`, value: body.session?.token ?? '' };
  }

  use = (value: string) => this.late.scene.running.use(value, { stack: this.stack.key });
  environment = (value: string, name: string) =>
    this.call('POST', '/v3/environments', { value, json: { environment: { name } } });
  minuteLater = () => this.late.scene.running.system.clock.advance('PT1M');
}

/** Writes that many flows have. */
export const audit = 'put audit STACK';
export const uses = 'update usage USED LAST';
