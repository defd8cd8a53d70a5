import { Link } from 'react-router';
import { Page } from './page.tsx';

/** For an address that is no page. */
export function Lost() {
  return (
    <Page title="There is no such page">
      <p>
        <Link to="/stacks">Go to your stacks</Link>
      </p>
    </Page>
  );
}
