import { expect, test } from 'vitest';
import { compilePattern } from '../../../../local/services/events/event-patterns.ts';

const event = {
  source: 'tokenward',
  'detail-type': 'token.deleted',
  detail: {
    count: 3,
    reason: null,
    flag: true,
    tags: ['a', 'b'],
    sessions: [
      { uid: 'x', live: false },
      { uid: 'y', live: true },
    ],
  },
  dynamodb: { NewImage: { sk: { S: 'RECEIPT#1' }, state: { S: 'running' } } },
};

test.each([
  [{ source: ['tokenward'] }, true],
  [{ source: ['other', 'tokenward'] }, true],
  [{ source: ['other'] }, false],
  [{ source: ['tokenward'], 'detail-type': ['token.created'] }, false],
  [{ detail: { count: [3], reason: [null], flag: [true] } }, true],
  [{ detail: { count: ['3'] } }, false],
  [{ detail: { tags: ['b'] } }, true],
  [{ detail: { sessions: { uid: ['x'], live: [false] } } }, true],
  [{ detail: { sessions: { uid: ['x'], live: [true] } } }, false],
  [{ detail: { absent: { below: ['x'] } } }, false],
  [{ dynamodb: { NewImage: { sk: { S: [{ prefix: 'RECEIPT#' }] }, state: { S: ['running', 'stuck'] } } } }, true],
  [{ dynamodb: { NewImage: { sk: { S: [{ prefix: 'META' }] } } } }, false],
  [{ 'detail-type': [{ suffix: '.deleted' }] }, true],
  [{ 'detail-type': [{ 'equals-ignore-case': 'TOKEN.Deleted' }] }, true],
  [{ 'detail-type': [{ 'anything-but': 'token.deleted' }] }, false],
  [{ 'detail-type': [{ 'anything-but': ['token.created', 'token.edited'] }] }, true],
  [{ 'detail-type': [{ 'anything-but': { prefix: 'token.' } }] }, false],
  [{ detail: { absent: [{ 'anything-but': 'x' }] } }, false],
  [{ detail: { count: [{ exists: true }], absent: [{ exists: false }] } }, true],
  [{ detail: { count: [{ exists: false }] } }, false],
  [{ nowhere: { absent: [{ exists: false }] } }, true],
  [{ detail: { count: [{ numeric: ['>', 2, '<=', 3] }] } }, true],
  [{ detail: { count: [{ numeric: ['<', 3] }] } }, false],
  [{ source: [{ numeric: ['>', 0] }] }, false],
  [{ $or: [{ source: ['other'] }, { detail: { count: [3] } }] }, true],
  [{ $or: [{ source: ['other'] }, { detail: { count: [4] } }], source: ['tokenward'] }, false],
])('%j on the event is %s', (pattern, expected) => {
  expect(compilePattern(pattern)(event)).toBe(expected);
});

test.each([
  [{ source: [{ wildcard: 'token*' }] }],
  [{ source: [{ prefix: { 'equals-ignore-case': 'a' } }] }],
  [{ source: [{ 'anything-but': { exists: true } }] }],
  [{ source: [{ numeric: ['about', 1] }] }],
  [{ source: [{ prefix: 'a', suffix: 'b' }] }],
  [{ source: [] }],
  [{ source: 'tokenward' }],
  [{}],
  [{ $or: [{ source: ['a'] }] }],
])('%j is refused when it is compiled', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow();
});
