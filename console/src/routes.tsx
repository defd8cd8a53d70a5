import { Navigate, type RouteObject } from 'react-router';
import { AuditLogPage } from './audit-log/audit-log-page.tsx';
import { Next90DaysPage } from './calendar/next-90-days-page.tsx';
import { Failed } from './frame/failed.tsx';
import { ForAdmins } from './frame/for-admins.tsx';
import { Frame } from './frame/frame.tsx';
import { Lost } from './frame/lost.tsx';
import { SettingsPage } from './frame/settings-page.tsx';
import { HygienePage } from './hygiene/hygiene-page.tsx';
import { SessionsPage } from './sessions/sessions-page.tsx';
import { StacksPage } from './stacks/stacks-page.tsx';
import { CreateTokenPage } from './tokens/create-token-page.tsx';
import { EditTokenPage } from './tokens/edit-token-page.tsx';
import { TokenListPage } from './tokens/token-list-page.tsx';

const pages: RouteObject[] = [
  { index: true, element: <Navigate to="/stacks" replace /> },
  { path: 'stacks', element: <StacksPage /> },
  {
    path: 'stack/:stack',
    element: <ForAdmins />,
    children: [
      { index: true, element: <Navigate to="settings" replace /> },
      { path: 'settings', element: <SettingsPage /> },
      { path: 'settings/tokens', element: <Navigate to="list" replace /> },
      { path: 'settings/tokens/list', element: <TokenListPage /> },
      { path: 'settings/tokens/add', element: <CreateTokenPage /> },
      { path: 'settings/tokens/next-90-days', element: <Next90DaysPage /> },
      { path: 'settings/management-tokens/:uid/edit', element: <EditTokenPage /> },
      { path: 'settings/management-tokens/:uid/sessions', element: <SessionsPage /> },
      { path: 'settings/token-hygiene', element: <HygienePage /> },
      { path: 'settings/audit-log', element: <AuditLogPage /> },
    ],
  },
  { path: '*', element: <Lost /> },
];

/** Every page by its address after the `#`. When a page fails, what is around it stays. */
export const routes: RouteObject[] = [
  { element: <Frame />, errorElement: <Failed />, children: [{ errorElement: <Failed />, children: pages }] },
];
