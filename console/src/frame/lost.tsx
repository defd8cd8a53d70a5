import { Link, useRouteError } from 'react-router';
import { messageOf } from '../api/problem.ts';
import { Page } from './page.tsx';

/** An address that is no page, or a page that failed. */
export function Lost() {
  const error = useRouteError();
  const isMistake = error instanceof Error;
  return (
    <Page title={isMistake ? 'Something went wrong' : 'There is no such page'}>
      {isMistake && <p role="alert">{messageOf(error)}</p>}
      <p>
        <Link to="/stacks">Go to your stacks</Link>
      </p>
    </Page>
  );
}
