import type { SignInMethod } from '#gate/sign-in/sign-in-method.ts';
import type { RunningServer } from './server.ts';

/** Returns the text that is printed when the server has started: addresses, and curl commands to try it. */
export function banner(
  server: Pick<RunningServer, 'api' | 'consoleUrl' | 'workbenchUrl' | 'summary' | 'token' | 'signIn'>,
  {
    version,
    dataDir,
    exposed,
  }: { readonly version: string; readonly dataDir: string; readonly exposed: boolean },
): string {
  const { api, consoleUrl, workbenchUrl, summary, token, signIn } = server;
  const reach = exposed ? 'other computers can connect' : 'only this computer can connect';
  const auth = api.authorized ? 'on: requests need a bearer token' : `off: no key is set, and ${reach}`;
  const header = api.authorized ? ` -H "Authorization: Bearer $TOKEN"` : '';
  const call = (label: string, method: string, path: string, rest = '') =>
    `  ${label.padEnd(8)}curl${method === 'GET' ? '' : ` -X ${method}`}${header} "${api.url}/workbenches${path}?user_id=me"${rest}`;
  const json = ` \\\n             -H 'Content-Type: application/json' -d '{"workbench_name": "First"}'`;
  return [
    '',
    `Workbench Controller ${version}`,
    '',
    ...(consoleUrl === undefined ? [] : [`  Console        ${consoleUrl}   open it in a browser`]),
    `  API            ${api.url}`,
    `  Authorization  ${auth}`,
    ...(token === undefined ? [] : [`  Secret         ${token}`]),
    `  Workbenches    ${workbenchUrl}`,
    ...(isLocalhostName(workbenchUrl)
      ? [
          '                 in Chromium, Edge, Firefox and curl. Safari and programs that do not resolve names below',
          // A sign-in refuses programs at the public_endpoint, because they have no session.
          `                 localhost (Python, Node): WB_WORKBENCH_ADDRESS=prefix${signIn === undefined ? ', or programs use the public_endpoint.' : '.'}`,
        ]
      : []),
    `  Sign-in        ${describeSignIn(signIn, exposed)}`,
    ...summary.map(([label, text]) => `  ${label.padEnd(15)}${text}`),
    `  Data           ${dataDir}`,
    '',
    consoleUrl === undefined ? 'Try it:' : 'Without a browser:',
    ...(api.authorized ? [`  TOKEN=${token === undefined ? '<your token>' : quote(token)}`] : []),
    call('create', 'POST', '', json),
    '  WID=<workbench_id of the response>',
    call('poll', 'GET', '/$WID'),
    '          until its status is "running", then open its public_endpoint in a browser',
    call('stop', 'POST', '/$WID/stop'),
    call('start', 'POST', '/$WID/start'),
    call('delete', 'DELETE', '/$WID'),
    '',
    'Ctrl-C ends the server and all workbenches. Their files are kept.',
    '',
  ].join('\n');
}

/** Returns who can open workbenches. The authorization of the API has no effect on it. */
function describeSignIn(signIn: SignInMethod | undefined, exposed: boolean): string {
  if (signIn === undefined) {
    const advice = exposed ? '' : ' (WB_LOCAL_TOKEN=auto asks for a secret)';
    return `none: everybody who reaches this port can open workbenches${advice}`;
  }
  return signIn.kind === 'secret' ? 'the browser asks for this secret' : `at the issuer ${signIn.issuer}`;
}

/** Browsers resolve these names themselves, most systems do not. */
function isLocalhostName(url: string): boolean {
  return /\.localhost(?::\d+)?\/$/.test(url);
}

/** Quotes a text for a shell. */
function quote(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
