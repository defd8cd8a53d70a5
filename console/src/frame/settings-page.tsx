import { Link } from 'react-router';
import { Page } from './page.tsx';

/** What can be set for a stack. */
export function SettingsPage() {
  return (
    <Page title="Settings">
      <ul className="cards">
        <li>
          <Link to="tokens/list">Tokens</Link>
          <p>Management tokens: create, edit and delete them, and see when they expire.</p>
        </li>
        <li>
          <Link to="token-hygiene">Token hygiene</Link>
          <p>Who is warned before a token expires, and when expired ones are deleted.</p>
        </li>
        <li>
          <Link to="audit-log">Audit log</Link>
          <p>Who changed what, and who tried to.</p>
        </li>
      </ul>
    </Page>
  );
}
