import type { ReasonCode } from '#core/workbench/reasons.ts';
import type { StartTimesSummary } from '#core/workbench/start-times.ts';
import { statusDetail } from '#core/workbench/status-detail.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import type { FullOf } from '#gate/open-requests.ts';
import { IDLE_STOP_PATH } from '#gate/own-route.ts';
import type { Command } from './command-pages.ts';
import { type GatePage, html, type Markup, type WorkbenchAddress } from './gate-page.ts';

/** The pages of workbenches that cannot be shown now: what happens, and what the visitor can do. */

/**
 * Reload intervals while the status changes. A reload takes the focus away from the button, so only the first
 * intervals are short: most local starts end then.
 */
const RELOAD_FIRST_SECONDS = 2;
const RELOAD_SECONDS = 5;
const FIRST_MS = 10_000;
/** The interval while nothing changes without a request. */
const RELOAD_SETTLED_SECONDS = 30;

export interface NotRunningOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly mayStart: boolean;
  readonly mayStop: boolean;
  readonly address: WorkbenchAddress;
  /** How long such starts usually take, milliseconds; undefined if it is not known. */
  readonly usualStart?: Pick<StartTimesSummary, 'p50Ms' | 'p95Ms'> | undefined;
}

/** The page of a workbench that is not running. */
export function notRunningPage(workbench: Workbench, options: NotRunningOptions): GatePage {
  const { name, status } = workbench;
  const { now, address } = options;
  const command = commandOf(workbench, options);
  const requestedAt = startRequestedAt(workbench);
  const isSettled = status === 'stopped';
  const isNew = now - (requestedAt ?? workbench.updatedAt) < FIRST_MS;
  const reloadAfterSeconds = isSettled
    ? RELOAD_SETTLED_SECONDS
    : isNew
      ? RELOAD_FIRST_SECONDS
      : RELOAD_SECONDS;
  return {
    status: 503,
    title: `${name}: ${status}`,
    heading: name,
    body: html`<p role="status" aria-live="polite"><strong>${SENTENCES[status]}</strong> ${waitsFor(workbench)}</p>
<p>Status: <b>${status}</b>${rawDetail(workbench)}</p>
${listFacts(workbench, options, requestedAt)}
${command === undefined ? withoutButton(workbench) : commandForm(command, address)}
<p class="note">${RELOAD_NOTES[status]}</p>`,
    json: presentState(workbench),
    reloadAfterSeconds,
    ...(command === undefined ? {} : { formTargets: [] }),
  };
}

/** The page of a workbench whose start the visit has requested, before its record is read again. */
export function startRequestedPage({ name }: Pick<Workbench, 'name'>): GatePage {
  return {
    status: 503,
    title: `${name}: starting`,
    heading: name,
    body: html`<p role="status" aria-live="polite"><strong>The workbench is starting.</strong></p>
<p class="note">${RELOAD_NOTES.starting}</p>`,
    json: { message: 'The workbench is not running. Its start was requested.', status: 'starting' },
    reloadAfterSeconds: RELOAD_FIRST_SECONDS,
  };
}

/**
 * The page of a workbench that does not respond although its status is running.
 * @param stop where the Stop button leads, if the visitor may stop the workbench
 */
export function unresponsivePage(stop?: WorkbenchAddress): GatePage {
  return {
    status: 502,
    title: 'The workbench does not respond',
    heading: 'The workbench does not respond',
    body: html`<p role="status" aria-live="polite">The workbench is running, but nothing responds at its address. It may be stopping, or its program may be busy or may have ended.</p>
<p>If this lasts for more than a minute, stop the workbench and start it again. Its files are kept.</p>
${stop === undefined ? undefined : commandForm('stop', stop)}
<p class="note">This page reloads automatically.</p>`,
    json: { message: 'The workbench does not respond.' },
    reloadAfterSeconds: RELOAD_FIRST_SECONDS,
    ...(stop === undefined ? {} : { formTargets: [] }),
  };
}

/** The page while a proxy in front of the gate has a route to the address that the workbench had before. */
export function changedAddressPage(): GatePage {
  return {
    status: 503,
    title: 'The workbench has started again',
    heading: 'The workbench has started again',
    body: html`<p role="status" aria-live="polite">The workbench is running at a new address, which is known everywhere in a few seconds.</p>
<p class="note">This page reloads automatically.</p>`,
    json: { message: 'The workbench is running at a new address. Repeat the request in a few seconds.' },
    reloadAfterSeconds: RELOAD_FIRST_SECONDS,
  };
}

export function invalidResponsePage(): GatePage {
  return {
    status: 502,
    title: 'The workbench sent an invalid response',
    heading: 'The workbench sent an invalid response',
    body: html`<p>Its response cannot be forwarded. Check the program in the workbench.</p>`,
    json: { message: 'The workbench sent an invalid response.' },
  };
}

/** Returns the JSON response for a workbench that is not running. */
function presentState(workbench: Workbench): Readonly<Record<string, unknown>> {
  const detail = statusDetail(workbench);
  return {
    message: 'The workbench is not running.',
    status: workbench.status,
    ...(detail === undefined ? {} : { status_detail: detail }),
    ...('reason' in workbench && workbench.reason !== undefined
      ? { status_reason: { code: workbench.reason.code, message: workbench.reason.message } }
      : {}),
  };
}

const SENTENCES: Readonly<Record<Workbench['status'], string>> = {
  stopped: 'The workbench is stopped.',
  starting: 'The workbench is starting.',
  provisioning: 'The workbench is starting.',
  pending: 'The workbench is starting.',
  running: 'The workbench is starting.',
  stopping: 'The workbench is stopping.',
  deleting: 'The workbench is being deleted.',
};

const OPENS = 'This page reloads automatically, and shows the workbench as soon as it is running.';
const RELOAD_NOTES: Readonly<Record<Workbench['status'], string>> = {
  stopped: OPENS,
  starting: OPENS,
  provisioning: OPENS,
  pending: OPENS,
  running: OPENS,
  stopping: 'This page reloads automatically.',
  deleting: 'This cannot be undone. This page reloads automatically.',
};

function waitsFor(workbench: Workbench): string | undefined {
  const detail = statusDetail(workbench);
  return detail === undefined ? undefined : describeDetail(workbench, detail);
}

/** The detail as the API reports it, for questions to an administrator. */
function rawDetail(workbench: Workbench): string | undefined {
  const detail = statusDetail(workbench);
  return detail === undefined ? undefined : ` (${detail})`;
}

/** The reasons of stops that were planned, which the page at IDLE_STOP_PATH explains. */
const PLANNED: ReadonlySet<ReasonCode> = new Set(['idle', 'max_life', 'stop_at', 'schedule']);

function listFacts(
  workbench: Workbench,
  { now, usualStart, address: { prefix } }: NotRunningOptions,
  requestedAt: number | undefined,
): readonly Markup[] {
  const facts: Markup[] = [];
  if ('reason' in workbench && workbench.reason !== undefined) {
    const { code, message } = workbench.reason;
    facts.push(html`<p>Reason: ${message} (${code})</p>`);
    const advice = ADVICE[code];
    if (advice !== undefined) facts.push(html`<p>${advice}</p>`);
    if (PLANNED.has(code))
      facts.push(
        html`<p><a href="${prefix}${IDLE_STOP_PATH}">Why did it stop, and how do I keep it?</a></p>`,
      );
  }
  if (requestedAt !== undefined)
    facts.push(html`<p>The start was requested ${formatDuration(now - requestedAt)} ago.</p>`);
  if (requestedAt !== undefined && usualStart !== undefined)
    facts.push(html`<p>${describeUsualStart(usualStart)}</p>`);
  if (requestedAt !== undefined && workbench.lastStartMs !== undefined)
    facts.push(html`<p>The last start took ${formatDuration(workbench.lastStartMs)}.</p>`);
  if (workbench.status === 'stopped' && workbench.stoppedAt !== undefined)
    facts.push(html`<p>It stopped ${formatDuration(now - workbench.stoppedAt)} ago.</p>`);
  return facts;
}

/** Rounded up: a start may be faster than promised, not slower. */
function describeUsualStart({ p50Ms, p95Ms }: NonNullable<NotRunningOptions['usualStart']>): string {
  const [half, most] = [p50Ms, p95Ms].map((ms) => formatDuration(Math.ceil(ms / 1000) * 1000));
  return half === most
    ? `Such starts usually take at most ${half}.`
    : `Such starts usually take ${half}, and seldom more than ${most}.`;
}

/** When the start in progress was requested; undefined if none is. */
function startRequestedAt(workbench: Workbench): number | undefined {
  if (workbench.desired !== 'running') return undefined;
  return workbench.status === 'stopping' ? workbench.nextRun?.requestedAt : workbench.startedAt;
}

/** The command that has an effect now, the opposite of the desired state, if the visitor may give it. */
function commandOf(
  { status, desired }: Workbench,
  { mayStart, mayStop }: Pick<NotRunningOptions, 'mayStart' | 'mayStop'>,
): Command | undefined {
  if (status === 'stopped') return mayStart ? 'start' : undefined;
  return desired === 'running' && mayStop ? 'stop' : undefined;
}

function withoutButton({ status }: Workbench): Markup | undefined {
  return status === 'stopped' ? html`<p>Its owner can start it.</p>` : undefined;
}

const LABELS = { start: 'Start the workbench', stop: 'Stop the workbench' } as const;

function commandForm(command: Command, { prefix, path }: WorkbenchAddress): Markup {
  return html`<form method="post" action="${prefix}/.wb/${command}">
<input type="hidden" name="back" value="${path}">
<button type="submit">${LABELS[command]}</button>
</form>`;
}

export const FULL_RELOAD_SECONDS = 10;

/** The status of a request beyond the open ones of a workbench, which others may have opened, or of the user. */
export const FULL_STATUS: Readonly<Record<FullOf, number>> = { workbench: 503, user: 429 };

const FULL_TEXTS: Readonly<Record<FullOf, { readonly sentence: string; readonly message: string }>> = {
  workbench: {
    sentence: 'This workbench has as many open requests as the server allows.',
    message: 'The workbench has too many open requests. Try again later.',
  },
  user: {
    sentence: 'You have as many open requests to all your workbenches together as the server allows.',
    message: 'The user has too many open requests. Try again later.',
  },
};

/** The page for a request beyond the requests and WebSockets that the gate forwards at the same time. */
export function tooManyRequestsPage(full: FullOf): GatePage {
  const { sentence, message } = FULL_TEXTS[full];
  return {
    status: FULL_STATUS[full],
    title: 'Too many open connections',
    heading: 'Too many open connections',
    body: html`<p role="status" aria-live="polite">${sentence} Close tabs and programs that use it.</p>
<p class="note">This page reloads automatically.</p>`,
    json: { message },
    reloadAfterSeconds: FULL_RELOAD_SECONDS,
  };
}

/** What a workbench waits for, by the codes of `statusDetail`, in the statuses of a start and in those of an end. */
const START_DETAILS: Readonly<Record<string, string>> = {
  queued: 'The controller may send only so many requests to AWS at a time. The start waits for its turn.',
  no_space: 'The controller has no space left for what the start needs. Tell your administrator.',
  volume: 'Its files are being prepared.',
  host: 'Its own instance is starting.',
  capacity: 'It is waiting for an instance with free capacity.',
  run: 'Its earlier task must stop first.',
  gate: 'It is ready. The gate checks whether it can be reached.',
  spot_interruption: 'AWS is taking back the instance on which it was starting.',
  instance_draining: 'The instance on which it was starting is being replaced.',
};
const END_DETAILS: Readonly<Record<string, string>> = {
  run: 'Its programs are ending.',
  host: 'Its own instance is stopping.',
  volume: 'Its files are being deleted.',
  retry: 'Its first task failed. Another one starts as soon as that one has stopped.',
  instance_unreachable:
    'Its instance does not respond, so the controller cannot confirm that the workbench has stopped. Tell your administrator if this lasts.',
};

/**
 * Returns in a sentence what a workbench waits for; undefined for a detail that is no code, which is a text already.
 * @param detail what `statusDetail` returned
 */
export function describeDetail({ status }: Pick<Workbench, 'status'>, detail: string): string | undefined {
  const ends = status === 'stopping' || status === 'deleting';
  const details = ends ? END_DETAILS : START_DETAILS;
  return Object.hasOwn(details, detail) ? details[detail] : undefined;
}

/** What the owner can do about a reason. The other reasons have messages that say it. */
const ADVICE: Readonly<Partial<Record<ReasonCode, string>>> = {
  image_pull_failed: 'Tell your administrator.',
  out_of_memory: 'Request more memory, then start it again.',
  storage_failed: 'Start it again. If it fails again, tell your administrator.',
  start_refused: 'Tell your administrator if it fails again.',
  exited: 'Start it again. If it ends again, check the program of the workbench.',
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Returns a duration in its two largest units: `45 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. Negative ones count as 0. */
export function formatDuration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return inUnits(ms, MINUTE, 'min', SECOND, 's');
  return ms < DAY ? inUnits(ms, HOUR, 'h', MINUTE, 'min') : inUnits(ms, DAY, 'd', HOUR, 'h');
}

function inUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}
