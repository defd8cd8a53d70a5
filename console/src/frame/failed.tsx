import { useQueryClient } from '@tanstack/react-query';
import { Link, useLocation, useNavigate, useRouteError } from 'react-router';
import { messageOf } from '../api/problem.ts';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { Page } from './page.tsx';

/** In the place of a page that could not be shown: what to do next. What failed is folded away, for a report. */
export function Failed() {
  const error = useRouteError();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const cache = useQueryClient();
  const tryAgain = () => {
    // What the page had read may be what it failed at.
    cache.removeQueries({ type: 'inactive' });
    void navigate(pathname + search, { replace: true });
  };
  return (
    <Page title="This page cannot be shown">
      <Notice kind="bad" takesFocus>
        <p>
          There is a mistake in the console. Nothing that you had saved is lost; what you were typing on this page is.
        </p>
        <div className="actions">
          <Button onPress={tryAgain}>Try again</Button>
          <Button onPress={() => location.reload()}>Reload the console</Button>
        </div>
      </Notice>
      <details>
        <summary>For a report of the mistake</summary>
        <code>{messageOf(error)}</code>
      </details>
      <p>
        <Link to="/stacks">Go to your stacks</Link>
      </p>
    </Page>
  );
}
