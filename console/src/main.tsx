import './trusted-types.ts';
import './without-eval.ts';
import './styles/base.css';
import './styles/controls.css';
import './styles/pages.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { messageOf } from './api/problem.ts';
import { App } from './app.tsx';
import { readConfig } from './sign-in/config.ts';
import { findOut } from './sign-in/sign-in.ts';
import { SignInPage } from './sign-in/sign-in-page.tsx';

const element = document.getElementById('root');
if (!element) throw new Error('The page has no #root.');
const root = createRoot(element);
try {
  const config = await readConfig();
  const found = await findOut(config);
  if (found && 'accessToken' in found) {
    root.render(
      <StrictMode>
        <App signedIn={found} config={config} />
      </StrictMode>,
    );
  } else if (found) {
    root.render(<SignInPage signedOut={found} />);
  }
} catch (error) {
  root.render(
    <main className="sign-in">
      <h1>Tokenward</h1>
      <p role="alert">The console could not start: {messageOf(error)} Reload the page to try again.</p>
    </main>,
  );
}
