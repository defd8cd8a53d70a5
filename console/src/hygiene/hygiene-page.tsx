import { useState } from 'react';
import { Form } from 'react-aria-components';
import { type Hygiene, type HygieneSettings, useChangeHygiene, useHygiene } from '../api/hygiene.ts';
import { Problem } from '../api/problem.ts';
import { Button } from '../design/button.tsx';
import { Contained } from '../design/contained.tsx';
import { Failure } from '../design/failure.tsx';
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
  const [mistakes, setMistakes] = useState<Readonly<Record<string, readonly string[]>>>({});
  const [round, setRound] = useState(0);
  const save = useChangeHygiene(stack);
  const say = useSay();
  const isChanged = JSON.stringify(settings) !== JSON.stringify(found.token_hygiene);
  const errors = { ...(save.error instanceof Problem ? save.error.errors : {}), ...mistakes };
  const isMistaken = Object.values(mistakes).some((some) => some.length > 0);
  const change = (changes: Partial<HygieneSettings>) => setSettings((before) => ({ ...before, ...changes }));
  /** What was typed goes, too: the fields begin anew with these. */
  const beginWith = (kept: HygieneSettings) => {
    setSettings(kept);
    setMistakes({});
    setRound((before) => before + 1);
  };
  const submit = () =>
    save.start(settings, {
      onSuccess: ({ notice, token_hygiene: kept }) => {
        beginWith(kept);
        say(notice);
      },
    });
  return (
    <>
      <Form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged && !isMistaken) submit();
        }}
      >
        <div className="form-fields">
          <HygieneSections
            key={round}
            settings={settings}
            change={change}
            errors={errors}
            setMistakes={(field, some) => setMistakes((before) => ({ ...before, [field]: some }))}
          />
        </div>
        <div className="form-end">
          {save.error && (
            <Failure
              error={save.error}
              what="the settings were saved"
              next="You can save them again: that does no harm."
            />
          )}
          <div className="buttons">
            <Button isDisabled={!isChanged && !isMistaken} onPress={() => beginWith(found.token_hygiene)}>
              Reset
            </Button>
            <Button variant="primary" type="submit" isDisabled={!isChanged || isMistaken} isBusy={save.isBusy}>
              Save
            </Button>
          </div>
        </div>
        <aside className="beside">
          <Contained what="The preview">
            <HygienePreview stack={stack} settings={settings} isChanged={isChanged} />
          </Contained>
        </aside>
      </Form>
      <Contained what="The list of mails">
        <Deliveries deliveries={found.deliveries} />
      </Contained>
    </>
  );
}
