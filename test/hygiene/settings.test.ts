import { describe, expect, it } from 'vitest';
import { changedHygiene, HygieneSettingsSchema, ShownHygieneSchema } from '../../functions/hygiene/setting-rules.ts';
import { defaultHygiene } from '../../functions/hygiene/settings.ts';
import { Refusal } from '../../functions/values/refusals.ts';
import { settingsLike } from './settings-like.ts';

const known = Object.keys(defaultHygiene).join(', ');
const errorsFor = (fields: Readonly<Record<string, unknown>> | null): unknown => {
  try {
    return changedHygiene(defaultHygiene, fields);
  } catch (error) {
    if (error instanceof Refusal) return { kind: error.kind, errors: error.errors };
    throw error;
  }
};
const whole = (least: number, most: number) => `must be a whole number from ${least} to ${most}.`;
const zone = 'must be the name of a time zone, such as Europe/Berlin.';

describe('the settings of a stack', () => {
  it('are at first 30, 7 and 1 days, to owner and admins, of all tokens, at 8 UTC, and a clean-up after 30 days', () => {
    expect(defaultHygiene).toEqual({
      warn_days: [30, 7, 1],
      mail_to: ['owner', 'admins'],
      mail_about: 'all',
      send_hour: 8,
      time_zone: 'UTC',
      cleanup_after_days: 30,
      max_cleanup_per_day: 10,
    });
    expect(HygieneSettingsSchema.parse(defaultHygiene)).toEqual(defaultHygiene);
  });

  it('stay as they are where nothing is given', () => {
    expect(changedHygiene(defaultHygiene, {})).toEqual(defaultHygiene);
  });

  it('that a newer version stored stay as they are, while others are changed', () => {
    const newer = settingsLike({ mail_about: 'those in use', mail_to: ['owner', 'auditors'] });
    expect(changedHygiene(newer, { send_hour: 9 })).toEqual({ ...newer, send_hour: 9 });
    // The console and SDKs send back what they were given.
    expect(changedHygiene(newer, { ...newer, send_hour: 9 })).toEqual({ ...newer, send_hour: 9 });
    expect(changedHygiene(newer, { mail_about: 'flagged' })).toEqual({ ...newer, mail_about: 'flagged' });
  });

  it.for<[string, unknown, unknown]>([
    ['warn_days', [], []],
    ['warn_days', [1, 365, 7], [365, 7, 1]],
    ['warn_days', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
    ['mail_to', [], []],
    ['mail_to', ['admins', 'owner'], ['owner', 'admins']],
    ['mail_to', ['admins'], ['admins']],
    ['mail_about', 'flagged', 'flagged'],
    ['send_hour', 0, 0],
    ['send_hour', 23, 23],
    ['time_zone', 'Europe/Berlin', 'Europe/Berlin'],
    ['cleanup_after_days', null, null],
    ['cleanup_after_days', 1, 1],
    ['cleanup_after_days', 3650, 3650],
    ['max_cleanup_per_day', 1, 1],
    ['max_cleanup_per_day', 45, 45],
  ])('can have %s %j', ([field, given, kept]) => {
    expect(changedHygiene(defaultHygiene, { [field]: given })).toEqual(settingsLike({ [field]: kept }));
  });

  it.for<[string, unknown, string, string?]>([
    ['warn_days', 7, 'must be a list of whole numbers of days.'],
    ['warn_days', [0], whole(1, 365), 'warn_days.0'],
    ['warn_days', [7, 366], whole(1, 365), 'warn_days.1'],
    ['warn_days', [1.5], whole(1, 365), 'warn_days.0'],
    ['warn_days', ['7'], whole(1, 365), 'warn_days.0'],
    ['warn_days', [7, 7], 'cannot name a number twice.'],
    ['warn_days', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 'can have at most 10 entries.'],
    ['mail_to', 'owner', 'must be a list of "owner" and "admins".'],
    ['mail_to', ['developers'], 'must be "owner" or "admins".', 'mail_to.0'],
    ['mail_to', ['owner', 'owner'], 'cannot name anybody twice.'],
    ['mail_about', 'some', 'must be "all" or "flagged".'],
    ['send_hour', -1, whole(0, 23)],
    ['send_hour', 24, whole(0, 23)],
    ['send_hour', '8', whole(0, 23)],
    ['time_zone', 5, zone],
    ['time_zone', 'Berlin', zone],
    ['time_zone', '+02:00', zone],
    ['time_zone', '', zone],
    ['cleanup_after_days', 0, whole(1, 3650)],
    ['cleanup_after_days', 3651, whole(1, 3650)],
    ['max_cleanup_per_day', 0, whole(1, 45)],
    ['max_cleanup_per_day', 46, whole(1, 45)],
    ['max_cleanup_per_day', null, whole(1, 45)],
  ])('cannot have %s %j', ([field, given, message, path = field]) => {
    expect(errorsFor({ [field]: given })).toEqual({ kind: 'invalid', errors: { [path]: [message] } });
  });

  it('are judged again where they are sent back unchanged, all but recipients and subjects of a newer version', () => {
    const before = { ...defaultHygiene, mail_to: ['auditors'], mail_about: 'some', send_hour: 24 };
    const { send_hour, ...others } = before;
    expect(changedHygiene(before, others)).toEqual(before);
    expect(() => changedHygiene(before, { send_hour })).toThrow(Refusal);
  });

  it('are shown also where a newer version knows more recipients and subjects', () => {
    const newer = { ...defaultHygiene, mail_to: ['auditors'], mail_about: 'some' };
    expect(ShownHygieneSchema.parse(newer)).toEqual(newer);
    expect(HygieneSettingsSchema.safeParse(newer).success).toBe(false);
  });

  it('have to be given', () => {
    expect(errorsFor(null)).toEqual({ kind: 'invalid', errors: { token_hygiene: ['is a required field'] } });
  });
});

describe('a setting that there is none of', () => {
  const refused = (names: string) => ({ token_hygiene: [`has no setting ${names}. Settings are ${known}.`] });

  it.for<[string, readonly string[], string]>([
    ['is named', ['warn_day'], 'warn_day'],
    ['is named with others', ['a', 'toString'], 'a, toString'],
    ['is not sent back where it is no name', ['<b>', 'a b', ''], '…, …, …'],
    ['is not sent back where it is long', ['a'.repeat(41)], '…'],
    ['is named where it is not too long', ['a'.repeat(40)], 'a'.repeat(40)],
    ['is one of ten that are named', [...'abcdefghijk'], 'a, b, c, d, e, f, g, h, i, j'],
  ])('%s', ([, names, named]) => {
    const fields = Object.fromEntries(names.map((name) => [name, 1]));
    expect(errorsFor(fields)).toEqual({ kind: 'invalid', errors: refused(named) });
  });

  it('is told with what else is wrong', () => {
    const errors = { ...refused('x'), send_hour: [whole(0, 23)] };
    expect(errorsFor({ x: 1, send_hour: 24 })).toEqual({ kind: 'invalid', errors });
  });
});
