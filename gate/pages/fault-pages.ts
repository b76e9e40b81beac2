import { type GatePage, html } from './gate-page.ts';

/** The pages for requests that lead to no workbench. */

const RELOAD_SECONDS = 5;

export function indexPage(): GatePage {
  return {
    status: 200,
    title: 'Workbenches',
    heading: 'Workbenches',
    body: html`<p>Open a workbench at its public_endpoint in the API.</p>
<p>Workbenches at addresses of the form /project/&lt;workbench id&gt;/ share this origin, so that pages of one can access the others. Open there only pages that you trust.</p>`,
    json: { message: 'Open a workbench at its public_endpoint in the API.' },
  };
}

/** The same for a workbench that does not exist and for one that the visitor may not open. */
export function unknownPage(): GatePage {
  return {
    status: 404,
    title: 'No such workbench',
    heading: 'No such workbench',
    body: html`<p>You have no workbench at this address. It may have been deleted, or it belongs to another user.</p>
<p>Check the address. If another user sent it to you, ask that user whether you may open the workbench.</p>`,
    json: { message: 'The workbench does not exist.' },
  };
}

/** The page for a path below `/.wb/` that does not exist. */
export function unknownPathPage(): GatePage {
  return {
    status: 404,
    title: 'Not found',
    heading: 'Not found',
    body: html`<p>This address belongs to the gate in front of the workbenches, and nothing is there.</p>`,
    json: { message: 'The path does not exist.' },
  };
}

/** @param allow the methods of the path */
export function wrongMethodPage(allow: string): GatePage {
  return {
    status: 405,
    title: 'Method not allowed',
    heading: 'Method not allowed',
    body: html`<p>This address is not a page. Go back to the workbench.</p>`,
    json: { message: 'The path does not have this method.' },
    headers: { allow },
  };
}

/** The page for a request of a page that is not a navigation: those are redirected. */
export function otherHostPage(): GatePage {
  return {
    status: 403,
    title: 'Not on this host',
    heading: 'Not on this host',
    body: html`<p>Each workbench has a host name of its own. Open its public_endpoint.</p>`,
    json: { message: 'Each workbench has a host name of its own, to which pages are redirected.' },
  };
}

/** The page for a request that the page of another origin sent. */
export function foreignOriginPage(): GatePage {
  return {
    status: 403,
    title: 'Not allowed',
    heading: 'Not allowed',
    body: html`<p>A page of another address sent this request, so it was not carried out. Open the workbench in a tab of its own, and repeat there what you wanted to do.</p>`,
    json: { message: 'Pages of other origins may not send this request.' },
  };
}

/** The page for a request with a URL that is too long. */
export function tooLongUrlPage(): GatePage {
  return {
    status: 414,
    title: 'The URL is too long',
    heading: 'The URL is too long',
    body: html`<p>This server accepts URLs of 32 KiB. Open the workbench at its own address.</p>`,
    json: { message: 'The URL is too long.' },
  };
}

const TOO_LARGE = {
  status: 431,
  title: 'The headers of the request are too large',
  heading: 'The headers of the request are too large',
  json: { message: 'The headers of the request are too large.' },
} as const;

/** The page for a request whose head is larger than this server accepts. */
export function tooLargePage(): GatePage {
  return {
    ...TOO_LARGE,
    body: html`<p>This server accepts 64 KiB. The URL is too long, or the cookies of this host are too large.</p>
<p>Open the workbench at its own address. If this page appears again: Delete the cookies of this site in the settings of the browser, then reload the page.</p>`,
  };
}

/** The page for a browser whose cookies are larger than this server accepts. */
export function cookiesTooLargePage(): GatePage {
  return {
    ...TOO_LARGE,
    body: html`<p>This server accepts 64 KiB. The cookies of this host are larger. The response asks your browser to delete them.</p>
<p>Reload the page. If this page appears again: Delete the cookies of this site in the settings of the browser, then reload the page.</p>`,
    // Another workbench may have set the cookies for all hosts. Without this the user could not open any.
    headers: { 'clear-site-data': '"cookies"' },
  };
}

export function unreadablePage(): GatePage {
  return {
    status: 503,
    title: 'The records cannot be read',
    heading: 'The records cannot be read',
    body: html`<p role="status" aria-live="polite">The controller cannot read its records at the moment. Workbenches that are running keep running.</p>
<p class="note">This page reloads automatically. Tell your administrator if this lasts.</p>`,
    json: { message: 'The records cannot be read.' },
    reloadAfterSeconds: RELOAD_SECONDS,
  };
}
