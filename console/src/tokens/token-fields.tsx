import type { Stack } from '../api/stacks.ts';
import { Contained } from '../design/contained.tsx';
import { CopyField } from '../design/copy-field.tsx';
import { Field } from '../design/field.tsx';
import { ExpirySection } from './expiry-section.tsx';
import type { FormProps } from './form-props.ts';
import { RateLimitSection } from './rate-limit-section.tsx';
import { PermissionsSection, ScopeSection } from './scope-fields.tsx';

const mostCharacters = 50;

/** The settings of a token, as the documents have them, top to bottom. */
export function TokenSections({ stack, ...props }: FormProps & { readonly stack: Stack }) {
  const { form, change, errors } = props;
  return (
    <>
      <section className="section section-wide">
        <Field
          label="Name"
          value={form.name}
          onChange={(name) => change({ name })}
          placeholder="Enter token name"
          description={`${[...form.name.normalize('NFC')].length} / ${mostCharacters}`}
          errors={errors.name}
          isRequired
        />
        <Field
          label="Description"
          value={form.description}
          onChange={(description) => change({ description })}
          placeholder="Enter a description"
          errors={errors.description}
          rows={2}
        />
      </section>
      <Contained what="The scope">
        <ScopeSection stack={stack.api_key} {...props} />
      </Contained>
      <Contained what="The permissions">
        <PermissionsSection {...props} />
      </Contained>
      <Contained what="The expiry">
        <ExpirySection {...props} />
      </Contained>
      <Contained what="The rate limits">
        <RateLimitSection stack={stack} {...props} />
      </Contained>
      <section className="section">
        <CopyField label="Stack API Key" value={stack.api_key} />
      </section>
    </>
  );
}
