import * as z from 'zod/mini';
import type { Delivery, DigestNotice, ReadDigest } from '../notices/digest-repository.ts';
import type { Notice } from '../notices/notice-repository.ts';
import type { DeadUse } from '../notices/row-change.ts';
import { decoded, open } from './decoded.ts';

const NoticeItem = z.object({
  token_uid: z.string(),
  api_key: z.string(),
  name: z.string(),
  token_version: z.number(),
  epoch: z.number(),
  expires_at: z.string(),
  threshold: open,
  claimed_at: z.string(),
  last_used_at: z.nullable(z.string()),
});

const digestNotice = { token_uid: z.string(), expires_at: z.string(), threshold: open };

const DigestItem = z.object({
  stack: z.string(),
  send_at: z.string(),
  /** Only digests of earlier versions hold their notices themselves: now each notice has a row of its own. */
  notices: z.optional(z.array(z.object(digestNotice))),
});

const DigestNoticeItem = z.object({ ...digestNotice, claimed_at: z.string() });

const DeliveryItem = z.object({
  stack: z.string(),
  send_at: z.string(),
  person: z.string(),
  address: z.string(),
  state: open,
  run: z.string(),
  tries: z.number(),
  again: z.boolean(),
  at: z.string(),
  reason: z.nullable(z.string()),
  next_try_at: z.nullable(z.string()),
});

const DeadUseItem = z.object({
  token_uid: z.string(),
  token_version: z.number(),
  epoch: z.number(),
  api_key: z.string(),
  name: z.string(),
  at: z.string(),
  client: z.string(),
  remote_addr: z.string(),
  calls: z.number(),
});

export const noticeFrom = /* @__PURE__ */ decoded(NoticeItem, (notice): Notice => notice);

export const digestFrom = /* @__PURE__ */ decoded(
  DigestItem,
  ({ notices = [], ...key }): ReadDigest => ({ ...key, notices }),
);

/** With the instant of its claim, by which the notices of a digest are put in order. */
export const digestNoticeFrom = /* @__PURE__ */ decoded(
  DigestNoticeItem,
  (notice): DigestNotice & Pick<Notice, 'claimed_at'> => notice,
);

export const deliveryFrom = /* @__PURE__ */ decoded(DeliveryItem, (delivery): Delivery => delivery);

export const deadUseFrom = /* @__PURE__ */ decoded(DeadUseItem, (use): DeadUse => use);
