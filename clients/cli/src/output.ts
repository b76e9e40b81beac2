import { stripVTControlCharacters, styleText } from 'node:util';
import {
  type Caller,
  type CreatedShareLink,
  type CreatePreview,
  describeStatus,
  type HistoryEntry,
  type LogLine,
  type Quota,
  type Share,
  type ShareLink,
  type Workbench,
} from 'workbench-client';

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Output {
  readonly json: boolean;
  /** Writes a result: the value as one line of JSON with `--json`, otherwise the text. */
  result(value: unknown, text: string): void;
  /** Writes a line that is no result. */
  note(text: string): void;
  /** Shows the state of long work: on a terminal one line that changes, otherwise a line for each change. */
  progress(text: string): void;
  endProgress(): void;
}

type Stream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

export function createOutput(json: boolean, out: Stream, err: Stream): Output {
  let shown: string | undefined;
  const output: Output = {
    json,
    result(value, text) {
      output.endProgress();
      out.write(`${json ? JSON.stringify(value) : text}\n`);
    },
    note(text) {
      output.endProgress();
      err.write(`${text}\n`);
    },
    progress(text) {
      if (!err.isTTY) {
        if (text !== shown) err.write(`${text}\n`);
      } else {
        // A line that is wider than the terminal could not be replaced.
        err.write(`\r\x1b[2K${text.slice(0, (err.columns || 80) - 1)}`);
      }
      shown = text;
    },
    endProgress() {
      if (shown !== undefined && err.isTTY) err.write('\r\x1b[2K');
      shown = undefined;
    },
  };
  return output;
}

/** Removes control characters: a name or a message must not move the cursor of a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

/** One line of output of a workbench, without what could change the terminal: it may contain anything. */
export function formatLogLine({ at, text }: LogLine): string {
  const safe = stripVTControlCharacters(text).split('\t').map(printable).join('\t');
  return at === undefined ? safe : `${at}  ${safe}`;
}

export function formatShares(shares: readonly Share[]): string {
  if (shares.length === 0) return 'It is not shared.';
  return shares
    .map(({ grantee, role, expires_at: until }) =>
      printable(`${grantee}  ${role}${until === undefined ? '' : `  until ${until}`}`),
    )
    .join('\n');
}

export function formatLinks(links: readonly ShareLink[]): string {
  if (links.length === 0) return 'It has no links.';
  return links.map((link) => printable(`${link.link_id}  ${describeLink(link)}`)).join('\n');
}

/** What a user must know before sending the link to others. The address is the last line, for copying. */
export function formatCreatedLink(link: CreatedShareLink): string {
  const { link_id: id, url, code } = link;
  return [printable(`${id}  ${describeLink(link)}`), url ?? code].join('\n');
}

function describeLink({ role, uses, uses_left: left, ...times }: ShareLink): string {
  const { redeemable_until: until, expires_at: end } = times;
  const ends = end === undefined ? '' : `, gives shares until ${end}`;
  return `${role}  ${left} of ${uses} uses left, until ${until}${ends}`;
}

export function formatCaller(
  { user_id: user, groups, admin, acts_for_others: acts, authorization, expires_at: until }: Caller,
  api: string,
  credential: string,
): string {
  const rights = [...(admin ? ['operator'] : []), ...(acts ? ['may act for other users'] : [])];
  const lines: (readonly [string, string])[] = [
    ['user', user],
    ['API', api],
    [
      'with',
      credential === 'none' ? 'no authorization' : `${credential} (${authorization.replace('_', ' ')})`,
    ],
    ...(groups.length === 0 ? [] : [['groups', groups.join(', ')] as const]),
    ...(rights.length === 0 ? [] : [['rights', rights.join(', ')] as const]),
    ...(until === undefined ? [] : [['until', until] as const]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(10)}${printable(value)}`).join('\n');
}

const QUOTA_NAMES = {
  workbenches: 'workbenches',
  hosts: 'dedicated',
  running: 'running',
  cpu: 'CPU units',
  memory: 'memory MiB',
  gpus: 'GPUs',
  usd_per_month: 'USD a month',
} as const satisfies Record<keyof Quota['limits'], string>;

export function formatQuota({ limits, used, sources }: Quota): string {
  const names = Object.keys(QUOTA_NAMES) as (keyof typeof QUOTA_NAMES)[];
  return names
    .map((name) => {
      const limit = limits[name] === null ? 'no limit' : `of ${limits[name]}`;
      const source = sources[name] === undefined ? '' : `  (${sources[name]})`;
      return printable(`${QUOTA_NAMES[name].padEnd(13)}${used[name]} ${limit}${source}`);
    })
    .join('\n');
}

export function formatPreview({ estimate, quota }: CreatePreview): string {
  const { per_hour_running: hour, per_month_stopped: month, currency, basis } = estimate;
  const amounts = [
    hour === undefined ? 'unknown while it runs' : `${hour} ${currency} an hour while it runs`,
    ...(month === undefined ? [] : [`${month} ${currency} a month while it is stopped, without its files`]),
  ];
  const left = (Object.keys(QUOTA_NAMES) as (keyof typeof QUOTA_NAMES)[]).flatMap((name) =>
    quota.left[name] === null
      ? []
      : [`${QUOTA_NAMES[name].padEnd(13)}${quota.requested[name]} requested, ${quota.left[name]} left`],
  );
  return printable(`Price        ${amounts.join(', ')} (${basis})`).concat(
    ...left.map((line) => `\n${line}`),
  );
}

const COLORS = {
  running: 'green',
  stopped: 'gray',
  deleting: 'red',
} as const;

/** Returns a status in its color: only on a terminal, and not with NO_COLOR (https://no-color.org). */
function colored(status: Workbench['status'], text: string, stream: NodeJS.WriteStream): string {
  const color = COLORS[status as keyof typeof COLORS] ?? 'yellow';
  return stream.isTTY && !process.env.NO_COLOR ? styleText(color, text) : text;
}

export function formatList(
  workbenches: readonly Workbench[],
  now: number,
  stream: NodeJS.WriteStream,
): string {
  if (workbenches.length === 0) return 'No workbenches. Create one: wb create --wait --open';
  const rows = workbenches.map((workbench) => [
    workbench.workbench_id,
    printable(workbench.workbench_name),
    printable(describeStatus(workbench)),
    formatSize(workbench),
    workbench.restorable_until ?? formatAge(workbench.created_at, now),
  ]);
  const isOfDeleted = workbenches.some(({ restorable_until: until }) => until !== undefined);
  const table = [['ID', 'NAME', 'STATUS', 'SIZE', isOfDeleted ? 'RESTORABLE UNTIL' : 'CREATED'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return table
    .map((row, index) => {
      const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const workbench = workbenches[index - 1];
      if (workbench !== undefined) cells[2] = colored(workbench.status, cells[2] ?? '', stream);
      return cells.join('  ').trimEnd();
    })
    .join('\n');
}

export function formatWorkbench(workbench: Workbench, stream: NodeJS.WriteStream): string {
  const { workbench_id: id, user_id: user, public_endpoint: url, last_activity_at: used } = workbench;
  const lines: (readonly [string, string | undefined])[] = [
    ['id', id],
    ['name', printable(workbench.workbench_name)],
    ['owner', printable(user)],
    ['status', colored(workbench.status, printable(describeStatus(workbench)), stream)],
    ['size', formatSize(workbench)],
    ['labels', formatLabels(workbench)],
    ['address', url],
    ['instance', workbench.allocated_instance_type],
    ['created', workbench.created_at],
    ['started', workbench.started_at],
    ['ready', workbench.ready_at],
    ['stopped', workbench.stopped_at],
    ['last used', used],
    ['stops at', workbench.stops_at],
    ['kept', formatKeepalive(workbench)],
    ['starts at', workbench.next_start_at],
    ['schedule', formatSchedule(workbench)],
    ['deleted', workbench.deletes_at && `${workbench.deletes_at}, if it is not started until then`],
    ['restorable', workbench.restorable_until && `until ${workbench.restorable_until}`],
    ['cost', formatCost(workbench)],
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(10)}${value}`)
    .join('\n');
}

/** For example `until 2030-01-01T14:00:00.000Z: training, epoch 3 of 10`. */
function formatKeepalive({
  keepalive_until: until,
  keepalive_reason: reason,
}: Workbench): string | undefined {
  return until && `until ${until}${reason === undefined ? '' : `: ${printable(reason)}`}`;
}

/** For example `start 0 8 * * 1-5, stop 0 18 * * 1-5 (Europe/Berlin)`. */
function formatSchedule({ schedule }: Workbench): string | undefined {
  if (schedule === undefined) return undefined;
  const { start, stop, time_zone: zone } = schedule;
  const times = [
    ...(start === undefined ? [] : [`start ${start}`]),
    ...(stop === undefined ? [] : [`stop ${stop}`]),
  ];
  return printable(`${times.join(', ')} (${zone})`);
}

/** For example `0.05 USD an hour, 1.20 USD this month`; undefined if it costs nothing. */
function formatCost({ cost }: Workbench): string | undefined {
  if (cost === undefined) return undefined;
  const { per_hour_running: hour, per_month_stopped: stopped = 0, month_to_date: month, files } = cost;
  return [
    ...(hour === undefined ? [] : [`${formatUsd(hour, 4)} USD an hour`]),
    ...(stopped === 0 ? [] : [`${formatUsd(stopped)} USD a month while it is stopped`]),
    `${formatUsd(month)} USD this month`,
    ...(files === undefined ? [] : [`files ${formatGib(files.bytes)} GiB`]),
  ].join(', ');
}

function formatGib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

function formatUsd(usd: number, digits = 2): string {
  return usd.toFixed(digits);
}

/** One line for an entry of the history. */
export function formatEvent({
  time,
  type,
  from,
  to,
  requested_by: by,
  reason_code: reason,
}: HistoryEntry): string {
  const change = to === undefined ? '' : ` ${from === undefined ? '' : `${from} → `}${to}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  return printable(`${time}  ${type}${change}${why}${by === undefined ? '' : `  by ${by}`}`);
}

function formatLabels({ labels }: Workbench): string | undefined {
  if (labels === undefined) return undefined;
  return printable(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(', '),
  );
}

export function formatSize({
  requested_cpu: cpu,
  requested_memory: memory,
  requested_gpu: gpus,
}: Pick<Workbench, 'requested_cpu' | 'requested_memory' | 'requested_gpu'>): string {
  const gpu = gpus > 0 ? `, ${gpus} GPU` : '';
  return `${cpu / 1024} vCPU, ${memory / 1024} GiB${gpu}`;
}

function formatAge(time: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(time)) / 60_000));
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} days ago`;
}
