import { useState } from 'react';
import { CheckboxGroup, FieldError, Group, Input, Label, NumberField, RadioGroup } from 'react-aria-components';
import type { HygieneSettings } from '../api/hygiene.ts';
import { errorsIn } from '../api/problem.ts';
import { Checkbox, Radio } from '../design/choice.tsx';
import { Contained } from '../design/contained.tsx';
import { Field } from '../design/field.tsx';

interface HygieneSectionsProps {
  readonly settings: HygieneSettings;
  readonly change: (changes: Partial<HygieneSettings>) => void;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  /** What is wrong with what was typed, so that it is no setting at all; none: it is one. */
  readonly setMistakes: (field: string, mistakes: readonly string[]) => void;
}

/** The settings in three groups: when, who, and what happens afterwards. */
export function HygieneSections(props: HygieneSectionsProps) {
  return (
    <>
      <Contained what="When people are warned">
        <Warnings {...props} />
      </Contained>
      <Contained what="Who is mailed">
        <Mail {...props} />
      </Contained>
      <Contained what="The clean-up">
        <CleanUp {...props} />
      </Contained>
    </>
  );
}

function Warnings({ settings, change, errors, setMistakes }: HygieneSectionsProps) {
  const [text, setText] = useState(settings.warn_days.join(', '));
  const write = (typed: string) => {
    setText(typed);
    const days = typed.split(/[\s,]+/).filter((day) => day !== '');
    const areNumbers = days.every((day) => /^\d{1,4}$/.test(day));
    setMistakes('warn_days', areNumbers ? [] : ['Whole numbers, with commas between them.']);
    if (areNumbers) change({ warn_days: days.map(Number) });
  };
  return (
    <section className="section" aria-labelledby="warnings-title">
      <h2 id="warnings-title">Warnings</h2>
      <Field
        label="Days before expiry"
        value={text}
        onChange={write}
        description="Numbers of days, separated by commas. The expiry itself is always told."
        errors={errorsIn(errors, 'warn_days')}
      />
      <div className="pair">
        <WholeNumber
          label="Hour of the mail"
          value={settings.send_hour}
          range={[0, 23]}
          onChange={(send_hour) => change({ send_hour })}
          errors={errors.send_hour}
        />
        <Field
          label="Time zone"
          value={settings.time_zone}
          onChange={(time_zone) => change({ time_zone })}
          errors={errors.time_zone}
          description="UTC, or a name such as Europe/Berlin"
        />
      </div>
    </section>
  );
}

const isRecipient = (name: string) => name === 'owner' || name === 'admins';

function Mail({ settings, change }: HygieneSectionsProps) {
  return (
    <section className="section" aria-labelledby="mail-title">
      <h2 id="mail-title">Mail</h2>
      <CheckboxGroup value={[...settings.mail_to]} onChange={(names) => change({ mail_to: names.filter(isRecipient) })}>
        <Label className="label">Who is mailed</Label>
        <Checkbox value="owner">The owner</Checkbox>
        <Checkbox value="admins">The admins</Checkbox>
      </CheckboxGroup>
      <RadioGroup
        value={settings.mail_about}
        onChange={(about) => change({ mail_about: about === 'flagged' ? 'flagged' : 'all' })}
      >
        <Label className="label">About which tokens</Label>
        <Radio value="all">All tokens</Radio>
        <Radio value="flagged">Tokens with “Notify via email”</Radio>
      </RadioGroup>
      <p className="hint">“Notify via email” always adds whoever created the token.</p>
    </section>
  );
}

function CleanUp({ settings, change, errors }: HygieneSectionsProps) {
  const { cleanup_after_days: days } = settings;
  return (
    <section className="section" aria-labelledby="cleanup-title">
      <h2 id="cleanup-title">Clean-up</h2>
      <RadioGroup
        value={days === null ? 'never' : 'after'}
        onChange={(kind) => change({ cleanup_after_days: kind === 'never' ? null : 30 })}
      >
        <Label className="label">Delete expired tokens</Label>
        <Radio value="never">Never</Radio>
        <Radio value="after">Some days after they expired</Radio>
      </RadioGroup>
      {days !== null && (
        <div className="inset pair">
          <WholeNumber
            label="Days after expiry"
            value={days}
            range={[1, 3650]}
            onChange={(cleanup_after_days) => change({ cleanup_after_days })}
            errors={errors.cleanup_after_days}
          />
          <WholeNumber
            label="At most in 24 hours"
            value={settings.max_cleanup_per_day}
            range={[1, 45]}
            onChange={(max_cleanup_per_day) => change({ max_cleanup_per_day })}
            errors={errors.max_cleanup_per_day}
          />
        </div>
      )}
    </section>
  );
}

interface WholeNumberProps {
  readonly label: string;
  readonly value: number;
  readonly range: readonly [least: number, most: number];
  readonly onChange: (value: number) => void;
  readonly errors: readonly string[] | undefined;
}

function WholeNumber({ label, value, range: [least, most], onChange, errors = [] }: WholeNumberProps) {
  return (
    <NumberField
      className="field"
      value={value}
      minValue={least}
      maxValue={most}
      formatOptions={{ useGrouping: false, maximumFractionDigits: 0 }}
      onChange={(next) => onChange(Number.isNaN(next) ? least : next)}
      isInvalid={errors.length > 0}
      validationBehavior="aria"
    >
      <Label className="label">{label}</Label>
      <Group>
        <Input className="input" />
      </Group>
      <FieldError className="error">{errors.join(' ')}</FieldError>
    </NumberField>
  );
}
