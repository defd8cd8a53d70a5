import { createRequire } from 'node:module';

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

export interface Stack {
  managementToken(): { create(body: { readonly token: object }): Promise<ManagementToken> };
  managementToken(uid: string): ManagementToken;
}

interface Sdk {
  client(options: {
    /** with `/v3` */
    readonly endpoint: string;
    readonly authtoken: string;
    /** Turn retries off: the SDK refuses to repeat a request to a bare IP address, and on a 429 that ends the process. */
    readonly retryOnError: boolean;
    readonly retryOnNetworkFailure: boolean;
  }): { stack(of: { readonly api_key: string }): Stack };
}

/**
 * Contentstack's own client, `@contentstack/management`, with types for what the tour does with it. Not by `import`: the package
 * ships its types as TypeScript sources, which do not compile with our settings.
 */
export const { client }: Sdk = createRequire(import.meta.url)('@contentstack/management');
