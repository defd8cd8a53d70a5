import { FieldError, Group, Input, Label, NumberField, RadioGroup } from 'react-aria-components';
import type { Stack } from '../api/stacks.ts';
import { Radio } from '../design/choice.tsx';
import { useSignedIn } from '../sign-in/signed-in-context.ts';
import type { FormProps } from './form-props.ts';

/** Limits of the token's own, where the plan has them; otherwise whom to ask. */
export function RateLimitSection({ stack, form, change, errors }: FormProps & { readonly stack: Stack }) {
  const { rate_limits: organization, support_contact: support } = useSignedIn().config;
  const isInPlan = stack.plan.manage_rate_limits;
  return (
    <section className="section" aria-labelledby="limits-title">
      <h2 id="limits-title">Manage Rate Limits</h2>
      <p className="hint">
        Your organization’s limits are {organization.read} read and {organization.write} write requests per second.
      </p>
      {isInPlan ? (
        <Limits form={form} change={change} errors={errors} most={organization} />
      ) : (
        <p>
          Rate limits for single tokens are not part of this stack’s plan. To get them, contact{' '}
          <a href={`mailto:${support}`}>{support}</a>.
        </p>
      )}
      {errors.rate_limits && <p className="error">{errors.rate_limits.join(' ')}</p>}
    </section>
  );
}

type LimitsProps = FormProps & { readonly most: { readonly read: number; readonly write: number } };

function Limits({ form: { limits }, change, errors, most }: LimitsProps) {
  return (
    <>
      <RadioGroup
        value={limits === null ? 'organization' : 'own'}
        onChange={(kind) => change({ limits: kind === 'own' ? most : null })}
      >
        <Label className="label">Select Rate Limit Type</Label>
        <Radio value="organization">Use Organization Rate Limit (default)</Radio>
        <Radio value="own">Enforce Custom Rate Limit</Radio>
      </RadioGroup>
      {limits && (
        <div className="inset pair">
          {(['read', 'write'] as const).map((kind) => (
            <NumberField
              key={kind}
              className="field"
              value={limits[kind]}
              minValue={1}
              maxValue={most[kind]}
              onChange={(value) => change({ limits: { ...limits, [kind]: Number.isNaN(value) ? 1 : value } })}
              isInvalid={errors[`rate_limits.${kind}`] !== undefined}
              validationBehavior="aria"
            >
              <Label className="label">{kind === 'read' ? 'Read' : 'Write'} Requests Per Second</Label>
              <Group>
                <Input className="input" />
              </Group>
              <FieldError className="error">{errors[`rate_limits.${kind}`]?.join(' ')}</FieldError>
            </NumberField>
          ))}
        </div>
      )}
    </>
  );
}
