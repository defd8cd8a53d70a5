import { CalendarDate } from '@internationalized/date';
import { Label, RadioGroup } from 'react-aria-components';
import { serverNow } from '../api/server-time.ts';
import { Button } from '../design/button.tsx';
import { Checkbox, Radio } from '../design/choice.tsx';
import { DayPicker } from '../design/day-picker.tsx';
import { Required } from '../design/field.tsx';
import { useNow } from '../design/instant.tsx';
import { distance, utc } from '../design/time.ts';
import type { FormProps } from './form-props.ts';
import { instantOf } from './token-form.ts';

const suggestions = [30, 90, 365];

/** Never, or a day in UTC, with the very instant that it means. */
export function ExpirySection({ form, change, errors }: FormProps) {
  const { expiresOn } = form;
  const tomorrow = dayFromNow(1);
  const choose = (kind: string) =>
    kind === 'never'
      ? change({ expiresOn: null, isNotified: false })
      : change({ expiresOn: dayFromNow(30).toString() });
  return (
    <section className="section" aria-labelledby="expiry-title">
      <RadioGroup value={expiresOn === null ? 'never' : 'date'} onChange={choose}>
        <Label className="section-title" id="expiry-title">
          Expiry
          <Required />
        </Label>
        <p className="hint">Set expiry for this token.</p>
        <Radio value="never">Never</Radio>
        <Radio value="date">Date (in UTC)</Radio>
      </RadioGroup>
      {expiresOn !== null && (
        <div className="inset">
          <DayPicker
            label="Expires on"
            value={instantOf(expiresOn)?.slice(0, 10) ?? null}
            min={tomorrow}
            onChange={(day) => change({ expiresOn: day })}
            errors={errors.expires_on}
          />
          <div className="actions">
            {suggestions.map((days) => (
              <Button key={days} onPress={() => change({ expiresOn: dayFromNow(days).toString() })}>
                In {days} days
              </Button>
            ))}
          </div>
          <ExactInstant expiresOn={expiresOn} />
          <Checkbox isSelected={form.isNotified} onChange={(isNotified) => change({ isNotified })}>
            Notify via email
            <span className="hint">
              Whoever created the token is mailed before it expires, by the stack’s hygiene settings.
            </span>
          </Checkbox>
        </div>
      )}
    </section>
  );
}

function ExactInstant({ expiresOn }: { readonly expiresOn: string }) {
  const now = useNow();
  const at = instantOf(expiresOn);
  if (at === null) return null;
  const isOver = Date.parse(at) <= now.getTime();
  return (
    <p className="hint" role="status">
      {isOver ? 'Stopped working' : 'Stops working'} at exactly <strong>{utc(at)}</strong>, {distance(at, now)}.
    </p>
  );
}

function dayFromNow(days: number): CalendarDate {
  const now = serverNow();
  return new CalendarDate(now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()).add({ days });
}
