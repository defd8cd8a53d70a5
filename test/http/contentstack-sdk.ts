import { client as untyped } from '../../local/tour/contentstack-sdk.ts';

/** A management token as the SDK holds it: its fields, and what can be done with it. */
export interface ManagementToken {
  readonly uid: string;
  readonly [field: string]: unknown;
  fetch(): Promise<ManagementToken>;
  /** Sends every field back, with what was assigned to it. */
  update(): Promise<ManagementToken>;
  /** @param parameters become the query */
  delete(parameters?: Readonly<Record<string, string>>): Promise<{ readonly notice: string }>;
}

export interface ManagementTokens {
  create(body: { readonly token: object }): Promise<ManagementToken>;
  query(parameters?: object): {
    find(): Promise<{ readonly items: readonly ManagementToken[]; readonly count?: number }>;
    /** Needs parameters, be they empty: without any it fails before it sends anything. */
    findOne(): Promise<{ readonly items: readonly ManagementToken[]; readonly count?: number }>;
    /** The body of the answer, as it is. */
    count(): Promise<{ readonly tokens: number; readonly count: number }>;
  };
}

/** An entry of the audit log; its fields are those of the answer. */
export interface AuditLogEntry {
  readonly uid: string;
  readonly [field: string]: unknown;
}

/** A branch as its own answer and its list have it. Of an alias the SDK makes one, too. */
export interface Branch {
  readonly uid: string;
  readonly [field: string]: unknown;
}

/** A branch that was fetched or listed, or is only named. */
export interface FetchableBranch extends Branch {
  fetch(): Promise<Branch>;
}

export interface Stack {
  readonly api_key: string;
  readonly [field: string]: unknown;
  fetch(): Promise<Stack>;
  /** Sends every field back, with what was assigned to it. */
  update(): Promise<Stack>;
  users(): Promise<readonly { readonly uid: string; readonly [field: string]: unknown }[]>;
  share(
    emails: readonly string[],
    roles?: Readonly<Record<string, readonly string[]>>,
  ): Promise<{ readonly notice: string }>;
  unShare(email: string): Promise<{ readonly notice: string }>;
  transferOwnership(email: string): Promise<{ readonly notice: string }>;
  branch(): {
    create(body: { readonly branch: { readonly uid: string; readonly source?: string } }): Promise<Branch>;
    query(): { find(): Promise<{ readonly items: readonly FetchableBranch[] }> };
  };
  branch(uid: string): FetchableBranch;
  branchAlias(): {
    fetchAll(parameters?: object): Promise<{ readonly items: readonly FetchableBranch[]; readonly count?: number }>;
  };
  branchAlias(name: string): {
    createOrUpdate(branch: string): Promise<Branch>;
    fetch(): Promise<Branch>;
    /** Sends `force=true`. */
    delete(): Promise<{ readonly notice: string }>;
  };
  environment(): {
    create(body: { readonly environment: object }): Promise<{ readonly uid: string; readonly name: string }>;
    query(parameters?: object): {
      find(): Promise<{ readonly items: readonly { readonly name: string }[]; readonly count?: number }>;
    };
  };
  auditLog(): {
    fetchAll(parameters?: object): Promise<{ readonly items: readonly AuditLogEntry[]; readonly count?: number }>;
  };
  auditLog(uid: string): { fetch(): Promise<{ readonly logs: AuditLogEntry }> };
  managementToken(): ManagementTokens;
  managementToken(uid: string): ManagementToken;
}

export interface ClientOptions {
  /** with `/v3` */
  readonly endpoint: string;
  readonly authtoken?: string;
  /** False for a bare address: the SDK refuses to repeat a request to one, and on a 429 that ends the process. */
  readonly retryOnError: boolean;
  readonly retryOnNetworkFailure: boolean;
}

interface Sdk {
  client(options: ClientOptions): {
    stack(): {
      create(body: { readonly stack: { readonly name: string } }): Promise<Stack>;
      query(): { find(): Promise<{ readonly items: readonly Stack[] }> };
    };
    /** @param of with the value of a management token the client works as a program, and needs no authtoken */
    stack(of: { readonly api_key: string; readonly management_token?: string }): Stack;
  };
}

/** Contentstack's own client, with types for what the tests do with it. */
export const client = untyped as unknown as Sdk['client'];
