import { type GatePage, html, type Markup } from './gate-page.ts';

/** The pages of signing in and out. */

/**
 * The response without a session.
 * @param signInUrl where to sign in. Absent if only a frontend opens workbenches.
 */
export function signInPage(signInUrl?: string): GatePage {
  return {
    status: 401,
    title: 'Sign in',
    heading: 'Sign in to open this workbench',
    body:
      signInUrl === undefined
        ? html`<p>Your session has ended, or this browser has none. Open the workbench again from the page that lists your workbenches.</p>`
        : html`<p>Your session has ended, or this browser has none.</p>
${signInLink(signInUrl)}`,
    json: {
      message: 'The request has no valid session.',
      ...(signInUrl === undefined ? {} : { sign_in: signInUrl }),
    },
  };
}

/** The page while the browser goes to the issuer, for browsers that do not follow the redirect. */
export function signingInPage(location: string): GatePage {
  return {
    status: 302,
    title: 'Signing in',
    heading: 'Signing in',
    body: html`<p role="status" aria-live="polite">You are being taken to the sign-in page.</p>
<p><a href="${location}">Continue</a></p>`,
    json: { message: 'Sign in.', sign_in: location },
    headers: { location },
  };
}

/** The page for a sign-in that cannot be completed. @param signInUrl a new attempt */
export function signInFailedPage(signInUrl?: string): GatePage {
  return {
    status: 400,
    title: 'The sign-in failed',
    heading: 'The sign-in failed',
    body: html`<p>The sign-in was not begun in this browser, took longer than ten minutes, or was completed before.</p>
${signInUrl === undefined ? html`<p>Open the address of the workbench again.</p>` : signInLink(signInUrl)}`,
    json: { message: 'The sign-in cannot be completed. Begin it again.' },
  };
}

export function issuerUnavailablePage(): GatePage {
  return {
    status: 503,
    title: 'The sign-in service does not respond',
    heading: 'The sign-in service does not respond',
    body: html`<p role="status" aria-live="polite">You cannot sign in at the moment. Users who are signed in can continue to work.</p>
<p>Open the address of the workbench again in a minute. Tell your administrator if this lasts.</p>`,
    json: { message: 'The sign-in service does not respond.' },
    headers: { 'retry-after': '30' },
  };
}

/** The page for a ticket that was used before or has expired. @param signInUrl a new attempt, if there is a sign-in */
export function invalidTicketPage(signInUrl?: string): GatePage {
  return {
    status: 403,
    title: 'This link is no longer valid',
    heading: 'This link is no longer valid',
    body: html`<p>A link to a workbench works once, and only for a minute.</p>
${
  signInUrl === undefined
    ? html`<p>Open the workbench again from the page that lists your workbenches.</p>`
    : signInLink(signInUrl)
}`,
    json: { message: 'The ticket was used before or has expired.' },
  };
}

/** @param seconds until tickets of this client are looked up again, at most */
export function tooManyTicketsPage(seconds: number): GatePage {
  return {
    status: 429,
    title: 'Too many links',
    heading: 'Too many links that are not valid',
    body: html`<p role="status" aria-live="polite">Wait ${seconds} seconds, then open the workbench again.</p>`,
    json: { message: 'Too many tickets that are not valid. Wait.' },
    headers: { 'retry-after': String(seconds) },
  };
}

export interface EnterPageOptions {
  readonly workbenchName: string;
  /** The owner of the workbench. */
  readonly ownerId: string;
  /** The user whom the link signs in. */
  readonly userId: string;
  /** The path of the form. */
  readonly action: string;
  /** The hidden fields of the form. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * The page between a link with a ticket and the workbench. Without it, a link could sign a user in to the workbench of an
 * attacker unnoticed, and the attacker would receive what the user types there.
 */
export function enterPage({ workbenchName, ownerId, userId, action, fields }: EnterPageOptions): GatePage {
  return {
    status: 200,
    title: 'Open a workbench',
    heading: workbenchName,
    body: html`<p>You are about to open the workbench <b><bdi>${workbenchName}</bdi></b> of <b><bdi>${ownerId}</bdi></b> as the user <b><bdi>${userId}</bdi></b>.</p>
<p>Open it only if you asked for this. The owner of a workbench can read everything that you type in it.</p>
<form method="post" action="${action}">
${hiddenFields(fields)}
<button type="submit">Open the workbench</button>
</form>`,
    json: { message: 'Send the form of this page to open the workbench.' },
    formTargets: [],
    neverFramed: true,
  };
}

export interface SecretPageOptions {
  /** The path of the form. Its field for the secret is `secret`. */
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The origins to which the response to the form redirects. */
  readonly formTargets: readonly string[];
  /** Whether a wrong secret was sent. */
  readonly failed: boolean;
}

/** The form that asks for the secret of local mode. */
export function secretPage({ action, fields, formTargets, failed }: SecretPageOptions): GatePage {
  return {
    status: failed ? 403 : 200,
    title: 'Sign in',
    heading: 'Sign in',
    body: html`<p>The server printed a secret when it started, in the line <b>Secret</b>. Enter it to open your workbenches.</p>
${failed ? html`<p role="alert"><strong>This is not the secret.</strong></p>` : undefined}
<form method="post" action="${action}">
${hiddenFields(fields)}
<label>Secret <input type="password" name="secret" autocomplete="current-password" required autofocus></label>
<button type="submit">Sign in</button>
</form>`,
    json: { message: failed ? 'This is not the secret.' : 'Send the secret in the form of this page.' },
    formTargets,
    neverFramed: true,
  };
}

export interface AccountPageOptions {
  readonly userId: string;
  /** When the user signed in, milliseconds since 1970. */
  readonly signedInAt: number;
  /** When the session ends at the latest, milliseconds since 1970. */
  readonly endsAt: number;
  /** Whether the session also ends an hour after its last use. */
  readonly endsUnused: boolean;
  /** Undefined on the sign-in host. */
  readonly workbenchId: string | undefined;
  /** The path of the workbench in its public URL, without a slash at the end. Empty on a host of its own. */
  readonly prefix: string;
  /** To where the response to the sign-out redirects, as sources of a Content-Security-Policy. */
  readonly formTargets: readonly string[];
}

/** The page that says who is signed in, with the button to sign out. */
export function accountPage(options: AccountPageOptions): GatePage {
  const { userId, signedInAt, endsAt, endsUnused, workbenchId, prefix, formTargets } = options;
  const where =
    workbenchId === undefined
      ? undefined
      : html` at the address of the workbench <a href="${prefix}/">${workbenchId}</a>`;
  return {
    status: 200,
    title: 'Your account',
    heading: 'Your account',
    body: html`<p>You are signed in as <b><bdi>${userId}</bdi></b>${where}.</p>
<p>You signed in at ${timeElement(signedInAt)}. Your session ends at ${timeElement(endsAt)}${endsUnused ? ', or earlier when you have not used it for an hour' : ''}.</p>
<form method="post" action="${prefix}/.wb/logout">
<button type="submit">Sign out</button>
</form>
<p class="note">This ends your sessions for all workbenches in all browsers. Your workbenches keep running.</p>`,
    json: {
      message: 'The request has a valid session.',
      user_id: userId,
      signed_in_at: new Date(signedInAt).toISOString(),
      ends_at: new Date(endsAt).toISOString(),
    },
    formTargets,
  };
}

/**
 * The account page without a session.
 * @param signInUrl where to sign in. Absent on the sign-in host, and if only a frontend opens workbenches
 */
export function noAccountPage(signInUrl?: string): GatePage {
  return {
    status: 401,
    title: 'You are not signed in',
    heading: 'You are not signed in',
    body:
      signInUrl === undefined
        ? html`<p>To sign in, open a workbench.</p>`
        : html`<p>This browser has no session here, or it has ended.</p>
${signInLink(signInUrl)}`,
    json: { message: 'The request has no valid session.' },
  };
}

/** @param signInUrl where to sign in again, if there is a sign-in */
export function signedOutPage(signInUrl?: string): GatePage {
  return {
    status: 200,
    title: 'Signed out',
    heading: 'You are signed out',
    body: html`<p role="status" aria-live="polite">Your workbenches keep running.</p>
${signInUrl === undefined ? undefined : html`<p><a href="${signInUrl}">Sign in again</a></p>`}`,
    json: { message: 'You are signed out.' },
  };
}

function signInLink(url: string): Markup {
  return html`<p><a href="${url}">Sign in</a></p>`;
}

/** The pages have no script that could show the time of the visitor's zone. */
function timeElement(ms: number): Markup {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;
}

function hiddenFields(fields: Readonly<Record<string, string>>): readonly Markup[] {
  return Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
}

/** The pages of a sign-in that cannot begin, or that does not end with a session. */

/** The page for a link to the sign-in that leads to none of the workbenches. */
export function invalidReturnUrlPage(): GatePage {
  return {
    status: 400,
    title: 'This link is not valid',
    heading: 'This link is not valid',
    body: html`<p>It leads to the sign-in, but to no workbench afterwards. Open the address of a workbench.</p>`,
    json: { message: 'The parameter rd must be the URL of a workbench.' },
  };
}

/** The page for a user whom the issuer did not admit, or who did not continue. @param signInUrl a new attempt */
export function signInRefusedPage(signInUrl: string): GatePage {
  return {
    status: 403,
    title: 'You are not signed in',
    heading: 'You are not signed in',
    body: html`<p>The sign-in service did not admit you, or you left it. Ask your administrator if you should have access.</p>
<p><a href="${signInUrl}">Sign in</a></p>`,
    json: { message: 'The sign-in service did not admit the user.' },
  };
}

/** The page for an issuer that does not accept the gate. @param code the error of OAuth */
export function signInMisconfiguredPage(code: string): GatePage {
  return {
    status: 503,
    title: 'The sign-in is not set up correctly',
    heading: 'The sign-in is not set up correctly',
    body: html`<p role="status" aria-live="polite">The sign-in service does not accept this server. Tell your administrator.</p>
<p class="note">Error: <code>${code}</code></p>`,
    json: { message: 'The sign-in service does not accept this server.', error: code },
  };
}

/** The page for a user whose ID token has no user_id. @param claim RESTAPI_USER_CLAIM */
export function userClaimMissingPage(claim: string): GatePage {
  return {
    status: 403,
    title: 'Your account cannot be used here',
    heading: 'Your account cannot be used here',
    body: html`<p>The sign-in service did not tell who you are: the ID token has no valid claim <code>${claim}</code>. Tell your administrator.</p>`,
    json: { message: `The ID token has no valid claim ${claim}.` },
  };
}

/** @param seconds until secrets are compared again, at most */
export function tooManySecretsPage(seconds: number): GatePage {
  return {
    status: 429,
    title: 'Too many wrong secrets',
    heading: 'Too many wrong secrets',
    body: html`<p role="status" aria-live="polite">Wait ${seconds} seconds, then go back and enter the secret again.</p>`,
    json: { message: 'Too many wrong secrets. Wait.' },
    headers: { 'retry-after': String(seconds) },
  };
}
