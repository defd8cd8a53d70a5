import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from '../test/support/operator.ts';
import { RunningSystem } from '../test/support/running-system.ts';
import { interleave, median, type Row, ratio } from './measure.ts';
import { dueToken, inDays, put, tick } from './tick.ts';

/** Hours of the day, UTC: the mail hour that a stack has at first, and one that is far from it. */
const [mailHour, noon] = [8, 12];

/** What a token costs: its claim, and its claim with its part of the mail. */
interface PerToken {
  readonly claimUnits: number;
  readonly claimMs: number;
  readonly units: number;
  readonly ms: number;
}

/** Compares so many tokens due in one stack with as many tokens due in a stack each, per token. */
export async function measureOneStack(rounds: number, tokens: number): Promise<readonly Row[]> {
  const running = await RunningSystem.start({ streams: false });
  try {
    const model = await running.operator.token((await running.createToken({ expires_on: inDays(running, 300) })).uid);
    const samples = await interleave(
      {
        'one stack': () => sample(running, model, { tokens, stacks: 1 }),
        'many stacks': () => sample(running, model, { tokens, stacks: tokens }),
      },
      rounds,
    );
    const row = (what: string, by: (sample: PerToken) => number, shown: (value: number) => string): Row => {
      const [one, many] = [samples['one stack'].map(by), samples['many stacks'].map(by)];
      const sides = `${shown(median(one))} / ${shown(median(many))}`;
      return { what: `${what}, one stack / ${tokens}`, estimate: ratio(one, many), bar: { atMost: 1.2 }, sides };
    };
    const units = (value: number) => `${value.toFixed(1)} units`;
    const ms = (value: number) => `${value.toFixed(1)} ms`;
    return [
      row('units of a claim', ({ claimUnits }) => claimUnits, units),
      row('ms of a claim', ({ claimMs }) => claimMs, ms),
      row('units of claim and mail', (sample) => sample.units, units),
      row('ms of claim and mail', (sample) => sample.ms, ms),
    ];
  } finally {
    await running.stop();
  }
}

async function sample(
  running: RunningSystem,
  model: StoredItem,
  { tokens, stacks }: { readonly tokens: number; readonly stacks: number },
): Promise<PerToken> {
  await forgetDue(running);
  toHour(running, noon);
  for (let made = 0; made < stacks; made += 1) {
    const ofStack = { ...model, api_key: await running.createStack() };
    await put(running, tokens / stacks, () => dueToken(ofStack, running.system.clock.now()));
  }
  const claims = await tick(running, { notices: tokens });
  toHour(running, mailHour);
  const mails = await tick(running, { mails: stacks });
  return {
    claimUnits: claims.units / tokens,
    claimMs: claims.ms / tokens,
    units: (claims.units + mails.units) / tokens,
    ms: (claims.ms + mails.ms) / tokens,
  };
}

/** Takes everything out of the due index: each sample looks at tokens of its own. */
async function forgetDue({ operator }: RunningSystem): Promise<void> {
  const { client, tables } = operator;
  const UpdateExpression = 'REMOVE due_shard, due_at, next_action';
  for (const { pk, sk, due_at } of await operator.items(tables.tokens)) {
    const Key = { pk: { S: pk }, sk: { S: sk } };
    if (due_at) await client.send(new UpdateItemCommand({ TableName: tables.tokens, Key, UpdateExpression }));
  }
}

/** Moves the clock to the next time that it is this hour. */
function toHour({ system: { clock } }: RunningSystem, hour: number): void {
  const then = clock.now();
  if (then.getUTCHours() >= hour) then.setUTCDate(then.getUTCDate() + 1);
  then.setUTCHours(hour, 0, 0, 0);
  clock.to(then.toISOString());
}
