import * as z from 'zod/mini';
import { StoredHygiene } from '../hygiene/settings.ts';
import type { Environment } from '../stacks/environment.ts';
import type { Invitation } from '../stacks/invitation.ts';
import type { KnownAddress } from '../stacks/person.ts';
import type { Alias, Branch, BranchNames, Member, Stack } from '../stacks/stack.ts';
import { decoded, open } from './decoded.ts';

const StackItem = z.object({
  api_key: z.string(),
  org_uid: z.string(),
  name: z.string(),
  description: z.string(),
  master_locale: z.string(),
  plan: z.object({ max_tokens: z.number(), manage_rate_limits: z.boolean() }),
  settings: z.object({ branches: z.boolean() }),
  hygiene: StoredHygiene,
  hygiene_version: z.number(),
  changes: z._default(z.number(), 0),
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});

const MemberItem = z.object({
  uid: z.string(),
  role: open,
  issuer: z.string(),
  sub: z.string(),
  joined_at: z.optional(z.string()),
});

/** `vouched` is about `email` where it names the same: rows from before have none, and what an operator says comes from no JWT. */
const PersonItem = z.object({
  email: z.optional(z.string()),
  vouched: z.optional(z.object({ email: z.string(), iat: z.number() })),
});

const InvitationItem = z.object({
  address: z.string(),
  role: open,
  invited_by: z.string(),
  invited_at: z.string(),
  expires_at: z.string(),
});

const authorship = {
  created_by: z.string(),
  updated_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
};

const AliasItem = z.object({ name: z.string(), target: z.string(), ...authorship });

const BranchNamesItem = z.object({ name: z.string(), aliases: z.array(z.string()) });

const BranchItem = z.object({
  name: z.string(),
  aliases: z.array(z.string()),
  source: z._default(z.string(), ''),
  ...authorship,
});

const EnvironmentItem = z.object({ uid: z.string(), name: z.string(), created_by: z.string(), created_at: z.string() });

export const stackFrom = /* @__PURE__ */ decoded(StackItem, (stack): Stack => stack);

export const memberFrom = /* @__PURE__ */ decoded(MemberItem, (member): Member => member);

export const knownAddressFrom = /* @__PURE__ */ decoded(
  PersonItem,
  ({ email = null, vouched }): KnownAddress => ({
    address: email,
    issued_at: vouched?.email === email ? vouched.iat : null,
  }),
);

export const invitationFrom = /* @__PURE__ */ decoded(InvitationItem, (invitation): Invitation => invitation);

export const branchFrom = /* @__PURE__ */ decoded(BranchItem, (branch): Branch => branch);

export const branchNamesFrom = /* @__PURE__ */ decoded(BranchNamesItem, (branch): BranchNames => branch);

export const aliasFrom = /* @__PURE__ */ decoded(AliasItem, (alias): Alias => alias);

export const environmentFrom = /* @__PURE__ */ decoded(EnvironmentItem, (environment): Environment => environment);
