import { defaultHygiene, type HygieneSettings } from '../../functions/hygiene/settings.ts';

/** A stack's settings as they are at first, but for what is given. */
export const settingsLike = (settings: Partial<HygieneSettings> = {}): HygieneSettings => ({
  ...defaultHygiene,
  ...settings,
});
