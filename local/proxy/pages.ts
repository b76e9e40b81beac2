import { statusDetail } from '#core/workbench/status-detail.ts';
import type { Workbench } from '#core/workbench/workbench.ts';

/** Plain pages of the workbenches' origin. Whatever a user has chosen is escaped; nothing in them runs. */

export interface Page {
  readonly status: number;
  readonly html: string;
  /** When it is worth while to ask again, in seconds: the page does so by itself. */
  readonly reloadAfterSeconds?: number;
}

/** Seconds until a page looks again: while something goes on, and when somebody must act first. */
const RELOAD_SOON_SECONDS = 2;
const RELOAD_LATER_SECONDS = 30;

export interface ApiAddress {
  /** Of the API, with its prefix: `http://127.0.0.1:8999`. */
  readonly url: string;
  /** Whether a token is asked for. */
  readonly authorized: boolean;
}

export function indexPage(): Page {
  return page(200, 'Workbenches', [
    'Workbenches are served here, each at /project/&lt;workbench id&gt;/: the public_endpoint that the API gives.',
    'All of them share this address: pages of one can reach the others. Open only what you trust.',
  ]);
}

export function unknownPage(): Page {
  return page(404, 'No such workbench', ['There is no workbench at this address. It may have been deleted.']);
}

/** Of a workbench that is not running: what it does, and what to do. */
export function waitingPage(workbench: Workbench, api: ApiAddress): Page {
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
  lines.push('This page looks again by itself.');
  return page(503, name, lines, RELOAD_SOON_SECONDS);
}

/** Of a workbench that is said to run and does not answer. */
export function unresponsivePage(): Page {
  return page(
    502,
    'The workbench does not answer',
    ['It may be stopping. This page looks again by itself.'],
    RELOAD_SOON_SECONDS,
  );
}

export function unreadablePage(): Page {
  return page(503, 'The records cannot be read', ['This page looks again by itself.'], RELOAD_SOON_SECONDS);
}

/** The curl line that starts a workbench. */
export function startCommand(workbench: Pick<Workbench, 'userId' | 'workbenchId'>, api: ApiAddress): string {
  // encodeURIComponent leaves the apostrophe, which would end the shell's quotes.
  const userId = encodeURIComponent(workbench.userId).replaceAll("'", '%27');
  const header = api.authorized ? '-H "Authorization: Bearer $TOKEN" ' : '';
  return `curl -X POST ${header}'${api.url}/workbenches/${workbench.workbenchId}/start?user_id=${userId}'`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function page(status: number, title: string, lines: readonly string[], again?: number): Page {
  const refresh = again === undefined ? '' : `<meta http-equiv="refresh" content="${again}">\n`;
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
  return { status, html, ...(again === undefined ? {} : { reloadAfterSeconds: again }) };
}
