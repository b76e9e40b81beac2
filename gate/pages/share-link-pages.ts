import type { FoundLinkItem } from '#contract/share-link-bodies.ts';
import type { SharedRole } from '#core/access/rights.ts';
import { type GatePage, html, type Markup } from './gate-page.ts';

/** The pages on which a user redeems a link. */

/** The code of a link is behind the `#`, which no browser sends: the script moves it to the form, and out of the history. */
const SCRIPT = `const field = document.querySelector('input[name="code"]');
if (location.hash !== '') {
  field.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
}`;

const ROLES: Readonly<Record<SharedRole, string>> = {
  use: 'You may open it and see its status.',
  manage: 'You may open it, see its status, and start, stop and restart it.',
};

/** @param action the path of the form */
export function linkCodePage(action: string): GatePage {
  return {
    status: 200,
    title: 'A shared workbench',
    heading: 'A workbench is shared with you',
    body: html`<p>See what it is, and decide then.</p>
<form method="post" action="${action}">
<label>Code of the link, if it is empty: what follows the <b>#</b> in its address <input name="code" autocomplete="off" spellcheck="false" required></label>
<button type="submit">Continue</button>
</form>`,
    json: { message: 'Programs redeem links with POST /share-links/redeem of the API.' },
    formTargets: [],
    neverFramed: true,
    script: SCRIPT,
  };
}

/** @param signInUrl where to sign in; undefined if only a frontend opens workbenches */
export function linkSignInPage(signInUrl: string | undefined): GatePage {
  return {
    status: 401,
    title: 'Sign in',
    heading: 'Sign in to see what is shared with you',
    body:
      signInUrl === undefined
        ? html`<p>This gate has no sign-in. Enter the link at the page that lists your workbenches.</p>`
        : html`<p><a href="${signInUrl}">Sign in</a></p>
<p class="note">You have ten minutes. Then open the link again.</p>`,
    json: { message: 'The request has no valid session.' },
  };
}

export interface AcceptLinkOptions {
  readonly link: FoundLinkItem;
  readonly userId: string;
  /** The path of the form. */
  readonly action: string;
  /** The value of its hidden field `c`. */
  readonly sealed: string;
}

/** The page that says who shares what, and asks for a click. */
export function acceptLinkPage({ link, userId, action, sealed }: AcceptLinkOptions): GatePage {
  return {
    status: 200,
    title: 'A shared workbench',
    heading: link.workbench_name,
    body: html`<p><b><bdi>${link.shared_by}</bdi></b> shares the workbench <b><bdi>${link.workbench_name}</bdi></b> of <b><bdi>${link.owner_id}</bdi></b> with you, the user <b><bdi>${userId}</bdi></b>.</p>
<p>${ROLES[link.role]} ${endOf(link)}</p>
<p>Accept it only if you know this person. The owner of a workbench can read everything that you type in it.</p>
<form method="post" action="${action}">
<input type="hidden" name="c" value="${sealed}">
<button type="submit">Accept</button>
</form>`,
    json: { message: 'Send the form of this page to accept the share.' },
    formTargets: [],
    neverFramed: true,
  };
}

/**
 * The page after the click, and for a user who has no need of the link.
 * @param url the address of the workbench
 */
export function acceptedLinkPage(link: FoundLinkItem, url: string, isNew: boolean): GatePage {
  const heading = isNew ? 'The workbench is shared with you' : 'You may open this workbench already';
  return {
    status: 200,
    title: heading,
    heading,
    body: html`<p role="status"><a href="${url}">Open <bdi>${link.workbench_name}</bdi></a></p>`,
    json: { message: `${heading}.`, workbench_id: link.workbench_id },
  };
}

/** The page for a link that gives nothing. @param message what is wrong and what to do */
export function refusedLinkPage(status: number, message: string): GatePage {
  return {
    status,
    title: 'The link cannot be used',
    heading: 'The link cannot be used',
    body: html`<p role="alert">${message}</p>`,
    json: { message },
  };
}

/** The page when the API did not respond. A repeated click counts no further use. */
export function linkUnavailablePage(): GatePage {
  return {
    status: 503,
    title: 'The controller does not respond',
    heading: 'The controller does not respond',
    body: html`<p role="alert">Open the link again in a minute. Tell your administrator if this lasts.</p>`,
    json: { message: 'The controller does not respond.' },
    headers: { 'retry-after': '5' },
  };
}

/** @param seconds until codes of this client are looked up again, at most */
export function tooManyLinksPage(seconds: number): GatePage {
  return {
    status: 429,
    title: 'Too many links',
    heading: 'Too many links that are not valid',
    body: html`<p role="status" aria-live="polite">Wait ${seconds} seconds, then open the link again.</p>`,
    json: { message: 'Too many links that are not valid. Wait.' },
    headers: { 'retry-after': String(seconds) },
  };
}

function endOf({ expires_at: end }: FoundLinkItem): Markup {
  if (end === undefined) return html`The share has no end, until it is taken back.`;
  return html`The share ends at <time datetime="${end}">${end.slice(0, 10)} ${end.slice(11, 16)} UTC</time>.`;
}
