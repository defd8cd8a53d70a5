import { useState } from 'react';
import { Form } from 'react-aria-components';
import { type Hygiene, type HygieneSettings, useChangeHygiene, useHygiene } from '../api/hygiene.ts';
import { messageOf, Problem } from '../api/problem.ts';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { QueryState } from '../design/query-state.tsx';
import { useSay } from '../design/said.tsx';
import { useStackOfPage } from '../frame/for-admins.tsx';
import { Page } from '../frame/page.tsx';
import { Deliveries } from './deliveries.tsx';
import { HygienePreview } from './hygiene-preview.tsx';
import { HygieneSections } from './hygiene-sections.tsx';

/** Who is warned of what, when expired tokens are deleted, and what the next run would do. */
export function HygienePage() {
  const { key } = useStackOfPage();
  const hygiene = useHygiene(key);
  return (
    <Page title="Token hygiene">
      <p>Tokenward looks every 15 minutes for tokens whose expiry is near or past, and does what is set here.</p>
      <QueryState query={hygiene} what="the settings">
        {(found) => <HygieneForm stack={key} found={found} />}
      </QueryState>
    </Page>
  );
}

function HygieneForm({ stack, found }: { readonly stack: string; readonly found: Hygiene }) {
  const [settings, setSettings] = useState<HygieneSettings>(found.token_hygiene);
  const save = useChangeHygiene(stack);
  const say = useSay();
  const isChanged = JSON.stringify(settings) !== JSON.stringify(found.token_hygiene);
  const errors = save.error instanceof Problem ? save.error.errors : {};
  const change = (changes: Partial<HygieneSettings>) => setSettings((before) => ({ ...before, ...changes }));
  return (
    <>
      <Form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(settings, { onSuccess: say });
        }}
      >
        <div className="form-fields">
          <HygieneSections settings={settings} change={change} errors={errors} />
        </div>
        <div className="form-end">
          {save.error && <Notice kind="bad">{messageOf(save.error)}</Notice>}
          <div className="buttons">
            <Button isDisabled={!isChanged} onPress={() => setSettings(found.token_hygiene)}>
              Reset
            </Button>
            <Button variant="primary" type="submit" isDisabled={!isChanged || save.isPending}>
              Save
            </Button>
          </div>
        </div>
        <aside className="beside">
          <HygienePreview stack={stack} settings={settings} isChanged={isChanged} />
        </aside>
      </Form>
      <Deliveries deliveries={found.deliveries} />
    </>
  );
}
