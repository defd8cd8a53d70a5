import { request } from 'node:http';
import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import { expect, it, onTestFinished } from 'vitest';
import { startHttpApi } from '../../../../local/services/api-gateway/http-api.ts';
import { stackOf } from '../../../../local/template/template.ts';
import { clientOf, MailScene, simple } from './mail-scene.ts';

const subject = '<script>alert(1)</script> & “token”';
const html = '<!doctype html><p>Hello</p><script>alert(2)</script>';

/** The local system's endpoints of a home with one mail. */
async function viewer() {
  const mails = await new MailScene().open();
  const Simple = { Subject: { Data: subject }, Body: { Text: { Data: 'a < b' }, Html: { Data: html } } };
  const { MessageId: id = '' } = await clientOf(mails.endpoint).send(
    new SendEmailCommand(simple({ Content: { Simple } })),
  );
  const Api = { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'api', ProtocolType: 'HTTP' } };
  const api = await startHttpApi({
    stack: stackOf({ Resources: { Api } }, { parameters: {} }),
    functions: { invoke: async () => ({ payload: null }) },
    clock: { now: () => new Date() },
    local: mails.endpoints,
    port: 0,
  });
  onTestFinished(() => api.close());
  const ask = (path: string, headers?: Record<string, string>) =>
    fetch(`${api.endpoint}/_local/mail${path}`, { headers: headers ?? {} });
  return { endpoint: api.endpoint, ask, id };
}

it('programs have all mails, or one', async () => {
  const { ask, id } = await viewer();
  const mail = {
    id,
    from: 'tokens@example.test',
    to: ['olivia@example.test'],
    subject,
    text: 'a < b',
    html,
    headers: {},
    sent_at: '2026-11-22T08:00:00.000Z',
  };
  expect(await (await ask('')).json()).toEqual({ mails: [mail] });
  expect(await (await ask(`/${id}`)).json()).toEqual({ mail });
  for (const path of ['/unknown', '/view/unknown', '/view/unknown/html'])
    expect((await ask(path)).status, path).toBe(404);
});

it('people have a list, and each mail in a sandbox with its text beside it', async () => {
  const { ask, id } = await viewer();
  const list = await (await ask('/view')).text();
  expect(list).toContain(`href="/_local/mail/view/${id}"`);
  for (const part of ['olivia@example.test', '2026-11-22 08:00 UTC', '&lt;script>alert(1)&lt;/script> &amp; “token”'])
    expect(list).toContain(part);
  const page = await (await ask(`/view/${id}`)).text();
  expect(page).toContain(`src="/_local/mail/view/${id}/html"`);
  expect(page).toMatch(/<iframe[^>]* sandbox="allow-popups allow-popups-to-escape-sandbox"/);
  for (const part of ['tokens@example.test', '2026-11-22 08:00 UTC', 'a &lt; b</pre>']) expect(page).toContain(part);
  expect(list + page).not.toContain('<script');
});

it('no page runs or loads anything, and only the viewer frames a mail', async () => {
  const { ask, id } = await viewer();
  for (const path of ['/view', `/view/${id}`, `/view/${id}/html`]) {
    const { headers } = await ask(path);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = new Map(
      headers
        .get('content-security-policy')
        ?.split('; ')
        .map((part) => part.split(/ (.*)/)) as [string, string][],
    );
    expect(policy.get('default-src')).toBe("'none'");
    expect(policy.has('script-src')).toBe(false);
    expect(policy.get('frame-ancestors')).toBe(path.endsWith('html') ? "'self'" : "'none'");
    expect(policy.get('sandbox')).toBe(
      path.endsWith('html') ? 'allow-popups allow-popups-to-escape-sandbox' : undefined,
    );
  }
  const alone = await ask(`/view/${id}/html`);
  expect(await alone.text()).toBe(html);
});

it('a page of another site, or a name that was made to point here, sees nothing', async () => {
  const { ask, endpoint, id } = await viewer();
  for (const path of ['', `/${id}`, '/view', `/view/${id}`, `/view/${id}/html`]) {
    expect((await ask(path, { origin: 'https://evil.example' })).status, path).toBe(403);
    expect(await statusFor(`${endpoint}/_local/mail${path}`, 'evil.example'), path).toBe(403);
  }
});

/** fetch does not let a caller say what the host is. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });
}
