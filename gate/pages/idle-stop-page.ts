import { IDLE_STOP_PATH, type OwnRoute } from '#gate/own-route.ts';
import { type GatePage, html } from './gate-page.ts';
import type { PageRenderer } from './page-renderer.ts';
import { respond } from './responses.ts';

/** The page that explains stops. @param consoleUrl undefined: there is no console, or its address is not known */
export function idleStopPage(consoleUrl: string | undefined): GatePage {
  return {
    status: 200,
    title: 'Why workbenches stop',
    heading: 'Why did it stop, and how do I keep it?',
    body: html`<p>Your files are kept. Start the workbench again to go on.</p>
<h2>Why it stopped</h2>
<ul>
<li><b>It was not used</b> for as long as its limit (idle). You type, click or save, or a kernel of Jupyter is busy: that is use. An open tab alone is none. Busy processors hold the stop off for a time.</li>
<li><b>Its run lasted as long as it may</b> (max_life).</li>
<li><b>It was to be stopped at this time</b>, by a time that a user has set (stop_at) or by its schedule (schedule).</li>
<li>Another reason has nothing to do with its use: the page of the workbench says which.</li>
</ul>
<h2>How to keep it</h2>
<ul>
<li><b>Use it</b>, or extend it ${
      consoleUrl === undefined
        ? html`through the page that lists your workbenches`
        : html`in the <a href="${consoleUrl}">console</a>`
    }: up to 12 hours ahead, as often as you like. An extension also moves a stop by the schedule.</li>
<li><b>Keep it until a job has ended</b>, from a terminal of the workbench:
<pre>curl -X POST "$WB_ACTIVITY_URL" -H "Authorization: Bearer $WB_ACTIVITY_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d "{\\"keepalive_until\\": \\"$(date -u -d '+6 hours' +%FT%TZ)\\"}"</pre></li>
<li><b>Set another limit</b>: after how many minutes without use it stops (idle_stop_minutes), how long a run lasts (max_run_hours), or a schedule. Only its owner and administrators can.</li>
</ul>
<p>A warning comes ten minutes before a stop for idleness or by a schedule: on the page of the workbench, and in its history.</p>`,
    json: { message: 'Open this address in a browser. It explains why workbenches stop.' },
  };
}

/** `GET /.wb/idle-stop`: the page says the same to everybody. */
export function idleStopRoute(consoleUrl: string | undefined, pages: PageRenderer): OwnRoute {
  return {
    method: 'GET',
    path: IDLE_STOP_PATH,
    on: 'any',
    from: 'any',
    handle: async ({ request, response }) => respond(request, response, idleStopPage(consoleUrl), pages),
  };
}
