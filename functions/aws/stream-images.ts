import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import type { Token } from '../tokens/token.ts';
import { tokenFrom } from './items.ts';

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

/** A token's item as a stream record has it, before and after the write; null where there was none. */
export function tokenImages({ dynamodb }: DynamoDBRecord): { before: Token | null; after: Token | null } {
  return { before: tokenFrom(itemOf(dynamodb?.OldImage)), after: tokenFrom(itemOf(dynamodb?.NewImage)) };
}

function itemOf(image: Image): Record<string, unknown> | null {
  return image ? unmarshall(image as Parameters<typeof unmarshall>[0]) : null;
}
