import { statusDetail } from '#core/workbench/status-detail.ts';
import type { Workbench } from '#core/workbench/workbench.ts';

/** Static pages of the workbenches' origin. User input is escaped, and the pages contain no scripts. */

export interface HtmlPage {
  readonly status: number;
  readonly html: string;
  /** The page reloads itself after this time, seconds. */
  readonly reloadAfterSeconds?: number;
}

/** Reload intervals: while the status changes, and while the user must act first. */
const RELOAD_SOON_SECONDS = 2;
const RELOAD_LATER_SECONDS = 30;

export interface ApiAddress {
  /** The address of the API with its prefix: `http://127.0.0.1:8999`. */
  readonly url: string;
  /** Whether requests need a token. */
  readonly authorized: boolean;
}

export function indexPage(): HtmlPage {
  return page(200, 'Workbenches', [
    'Each workbench is served at /project/&lt;workbench id&gt;/, its public_endpoint in the API.',
    'All workbenches share this origin, so that pages of one can access the others. Open only pages that you trust.',
  ]);
}

/** The page for a request of a page that is not a navigation: those are redirected. */
export function otherHostPage(): HtmlPage {
  return page(403, 'Not on this host', [
    'Each workbench has a host name of its own. Open its public_endpoint.',
  ]);
}

export function unknownPage(): HtmlPage {
  return page(404, 'No such workbench', ['No workbench has this address. It may have been deleted.']);
}

/** The page of a workbench that is not running: its status, and what the user can do. */
export function waitingPage(workbench: Workbench, api: ApiAddress): HtmlPage {
  const name = escapeHtml(workbench.name);
  const detail = statusDetail(workbench);
  const lines = [
    `Status: <b>${workbench.status}</b>${detail === undefined ? '' : ` (${escapeHtml(detail)})`}`,
  ];
  if ('reason' in workbench && workbench.reason !== undefined) {
    lines.push(`Reason: ${escapeHtml(workbench.reason.message)} (${workbench.reason.code})`);
  }
  if (workbench.status === 'stopped') {
    lines.push('Start it, then come back:', `<code>${escapeHtml(startCommand(workbench, api))}</code>`);
    return page(503, name, lines, RELOAD_LATER_SECONDS);
  }
  lines.push('This page reloads automatically.');
  return page(503, name, lines, RELOAD_SOON_SECONDS);
}

/** The page of a workbench that does not respond although its status is running. */
export function unresponsivePage(): HtmlPage {
  return page(
    502,
    'The workbench does not respond',
    ['It may be stopping. This page reloads automatically.'],
    RELOAD_SOON_SECONDS,
  );
}

export function invalidResponsePage(): HtmlPage {
  return page(502, 'The workbench sent an invalid response', [
    'Its response cannot be forwarded. Check the program in the workbench.',
  ]);
}

/** The page for a browser whose cookies are larger than all servers of this host accept. */
export function tooLargePage(): HtmlPage {
  return page(431, 'The headers of the request are too large', [
    'This server accepts 64 KiB. The cookies of this host are probably larger.',
    'Delete the cookies of this site in the settings of the browser, then reload the page.',
  ]);
}

export function unreadablePage(): HtmlPage {
  return page(503, 'The records cannot be read', ['This page reloads automatically.'], RELOAD_SOON_SECONDS);
}

/** Returns the curl command that starts a workbench. */
export function startCommand(workbench: Pick<Workbench, 'userId' | 'workbenchId'>, api: ApiAddress): string {
  // encodeURIComponent does not encode apostrophes, which would end the quoted argument.
  const userId = encodeURIComponent(workbench.userId).replaceAll("'", '%27');
  const header = api.authorized ? '-H "Authorization: Bearer $TOKEN" ' : '';
  return `curl -X POST ${header}'${api.url}/workbenches/${workbench.workbenchId}/start?user_id=${userId}'`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function page(
  status: number,
  title: string,
  lines: readonly string[],
  reloadAfterSeconds?: number,
): HtmlPage {
  const refresh =
    reloadAfterSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${reloadAfterSeconds}">\n`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${refresh}<title>${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 15vh auto; padding: 0 1rem }
h1 { font-size: 1.4rem; overflow-wrap: anywhere }
code { display: block; padding: .6rem; background: #8882; overflow-wrap: anywhere }
:root { color-scheme: light dark }
</style>
</head>
<body>
<h1>${title}</h1>
${lines.map((line) => `<p>${line}</p>`).join('\n')}
</body>
</html>
`;
  return { status, html, ...(reloadAfterSeconds === undefined ? {} : { reloadAfterSeconds }) };
}
