import * as z from 'zod/mini';
import type { SessionEpoch } from '../sessions/session-repository.ts';
import { storedIn } from '../values/shape.ts';
import { type Session, sessionFields } from '../verification/session.ts';
import { decoded } from './decoded.ts';

const SessionItem = z.object(storedIn(sessionFields));
/** No more than ending it takes. */
const SessionEpochItem = z.object({ uid: sessionFields.uid.stored, epoch: sessionFields.epoch.stored });

export const sessionFrom = /* @__PURE__ */ decoded(SessionItem, (session): Session => session);

export const sessionEpochFrom = /* @__PURE__ */ decoded(SessionEpochItem, (session): SessionEpoch => session);
