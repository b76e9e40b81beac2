import type { GatePage } from './gate-page.ts';
import { html } from './markup.ts';

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
