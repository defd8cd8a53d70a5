import { Menu, MenuItem, MenuTrigger, Popover, Button as SkipButton } from 'react-aria-components';
import { Link, NavLink, Outlet, useLocation, useParams } from 'react-router';
import { useStack } from '../api/stacks.ts';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { Said } from '../design/said.tsx';
import type { SignedIn } from '../sign-in/sign-in.ts';
import { useSignedIn } from '../sign-in/signed-in-context.ts';

/** What is around every page: where we are, who is signed in, and the way to the settings of the stack. */
export function Frame() {
  const { signedIn, isOver } = useSignedIn();
  const { stack } = useParams();
  return (
    <Said>
      <SkipButton className="button skip" onPress={() => document.getElementById('main')?.focus()}>
        Skip to the page
      </SkipButton>
      <header className="header">
        <Link to="/stacks" className="brand">
          <img src="/favicon.svg" alt="" width={24} height={24} /> Tokenward
        </Link>
        {stack && <StackName stack={stack} />}
        <AccountMenu signedIn={signedIn} />
      </header>
      <div className={stack ? 'body' : 'body body-alone'}>
        {stack && <Navigation stack={stack} />}
        <main id="main" tabIndex={-1}>
          {isOver && (
            <Notice kind="bad">
              <p>Your sign-in has ended. Copy what you have typed, then sign in again.</p>
              <Button onPress={() => void signedIn.again()}>Sign in again</Button>
            </Notice>
          )}
          <Outlet />
        </main>
      </div>
    </Said>
  );
}

function StackName({ stack }: { readonly stack: string }) {
  const { data } = useStack(stack);
  return (
    <span className="stack-name">
      <bdi>{data?.name ?? ''}</bdi>
    </span>
  );
}

function AccountMenu({ signedIn }: { readonly signedIn: SignedIn }) {
  return (
    <MenuTrigger>
      <Button variant="quiet" aria-label={`Account: ${signedIn.name}`}>
        <span className="avatar" aria-hidden="true" data-initial={[...signedIn.name][0]} />
        <bdi className="account-name">{signedIn.name}</bdi>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" aria-label="Account" onAction={() => void signedIn.signOut()}>
          <MenuItem className="menu-item" id="sign-out">
            Sign out
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function Navigation({ stack }: { readonly stack: string }) {
  const settings = `/stack/${stack}/settings`;
  const { pathname } = useLocation();
  const isAboutTokens = /\/settings\/(management-)?tokens\//.test(pathname);
  return (
    <nav className="navigation" aria-label="Stack">
      <NavLink to={settings} end>
        Settings
      </NavLink>
      <ul>
        <li>
          <Link to={`${settings}/tokens/list`} aria-current={isAboutTokens ? 'page' : undefined}>
            Tokens
          </Link>
        </li>
        <li>
          <NavLink to={`${settings}/token-hygiene`}>Token hygiene</NavLink>
        </li>
        <li>
          <NavLink to={`${settings}/audit-log`}>Audit log</NavLink>
        </li>
      </ul>
    </nav>
  );
}
