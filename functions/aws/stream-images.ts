import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import type { RowChange } from '../notices/row-change.ts';
import { deadUseFrom, noticeFrom } from './notice-items.ts';
import { tokenFrom } from './token-item.ts';

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

/**
 * What a stream record tells of: a token's item before and after a write, a claimed notice, or the row of an hour
 * in which a dead value was used.
 */
export function rowChangeOf({ dynamodb }: DynamoDBRecord): RowChange {
  if (dynamodb?.Keys?.pk?.S?.startsWith('GHOST#')) return { deadUse: deadUseFrom(itemOf(dynamodb.NewImage)) };
  if (dynamodb?.Keys?.pk?.S?.startsWith('NOTICE#')) return { notice: noticeFrom(itemOf(dynamodb.NewImage)) };
  return { before: tokenFrom(itemOf(dynamodb?.OldImage)), after: tokenFrom(itemOf(dynamodb?.NewImage)) };
}

function itemOf(image: Image): Record<string, unknown> | null {
  return image ? unmarshall(image as Parameters<typeof unmarshall>[0]) : null;
}
