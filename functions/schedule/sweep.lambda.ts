import {
  consoleUrl,
  digestRepository,
  eventPublisher,
  mailer,
  noticeRepository,
  now,
  random,
  tokenRepository,
} from '../runtime/dependencies.ts';
import { fromRuntime } from '../runtime/from-runtime.ts';
import { sweepBySchedule } from './sweep.ts';

export const createHandler = sweepBySchedule;

export const handler = fromRuntime(createHandler, () => ({
  notices: noticeRepository(),
  digests: digestRepository(),
  tokens: tokenRepository(),
  mailer: mailer(),
  publisher: eventPublisher(),
  consoleUrl: consoleUrl(),
  now,
  random,
}));
