import { pause, type Timers } from '../timers.ts';
import { INSTALLATION_VARIABLE } from './launch.ts';
import type { ProcessRecord } from './process-record.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';
import type { ProcessTaskContext } from './process-task.ts';

/** The first process of a run, which leads a group and a session of its own. */
export interface Leader {
  readonly pid: number;
  /** As the process table showed it when it was started. */
  readonly startTime: string;
  /**
   * Whether its process group is still ours when the leader itself is gone. Only while this server has
   * watched it without a break: after a restart the number may long be somebody else's group.
   */
  readonly watched: boolean;
}

export interface ProcessTree {
  readonly leaders: readonly Leader[];
  /** Variables (`NAME=value`) that only processes of this family were started with, all of them; empty: no mark. */
  readonly marker: readonly string[];
}

export interface FoundProcesses {
  /** Process groups that may be signalled as a whole. */
  readonly groups: readonly number[];
  /** The living processes, members of these groups included. */
  readonly members: readonly ProcessEntry[];
}

/**
 * Everything that a run has started and that still lives: its process group and session, their descendants,
 * and what left both but carries the marker in its environment. A process is only ever taken for ours by a
 * leader whose start time is right, or by the marker; this server and its ancestors are never among them.
 */
export async function findProcessTree(table: ProcessTable, family: ProcessTree): Promise<FoundProcesses> {
  const all = await table.readAll();
  const byPid = new Map(all.map((entry) => [entry.pid, entry]));
  const spared = selfAndAncestors(byPid);
  const groups = family.leaders.filter((leader) => ownsGroup(leader, byPid)).map((leader) => leader.pid);
  const candidates = all.filter((entry) => !entry.zombie && !spared.has(entry.pid));
  const ours = await Promise.all(
    candidates.map(
      async (entry) =>
        groups.includes(entry.group) ||
        groups.includes(entry.session) ||
        (await hasMarker(table, family.marker, entry.pid)),
    ),
  );
  const found = new Map<number, ProcessEntry>();
  for (const [index, entry] of candidates.entries()) if (ours[index]) found.set(entry.pid, entry);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const entry of candidates) if (found.has(entry.parent)) found.set(entry.pid, entry);
  }
  return { groups, members: [...found.values()] };
}

export interface EndOptions {
  readonly table: ProcessTable;
  readonly timers: Timers;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Ends the grace at once. */
  readonly killNow?: AbortSignal;
  /** Gives up: what still lives then stays. */
  readonly signal?: AbortSignal;
}

/** The first look again after a signal, and the longest pause between two looks, milliseconds. */
const POLL_MIN_MS = 15;
const POLL_MAX_MS = 250;

/**
 * Ends a family: SIGTERM to all of it, SIGKILL to what is left after the grace, and resolves to true only
 * when two looks in a row found nobody (one look may miss a process that was being forked just then).
 */
export async function endProcessTree(family: ProcessTree, options: EndOptions): Promise<boolean> {
  const { table, timers, graceMs, killNow, signal } = options;
  const stops = [killNow, signal].filter((one) => one !== undefined);
  let overdue = graceMs <= 0;
  const cancel = timers.after(graceMs, () => {
    overdue = true;
  });
  const asked = new Set<string>();
  let empty = 0;
  let look = POLL_MIN_MS;
  try {
    for (;;) {
      const found = await findProcessTree(table, family);
      empty = found.members.length === 0 ? empty + 1 : 0;
      if (empty === 2) return true;
      if (signal?.aborted) return false;
      if (overdue || killNow?.aborted) kill(found, 'SIGKILL');
      else sendSigterm(found, asked);
      await pause(timers, look, ...stops.filter((one) => !one.aborted));
      look = Math.min(look * 1.5, POLL_MAX_MS);
    }
  } finally {
    cancel();
  }
}

/** SIGTERM once to each process: some take a second one as the wish to end at once, without cleaning up. */
function sendSigterm(found: FoundProcesses, asked: Set<string>): void {
  for (const { pid, startTime } of found.members) {
    const name = `${pid} ${startTime}`;
    if (asked.has(name)) continue;
    asked.add(name);
    sendSignal(pid, 'SIGTERM');
  }
}

function kill(found: FoundProcesses, name: NodeJS.Signals): void {
  // The groups as a whole first: nothing can be forked away between two signals.
  if (found.members.length > 0) for (const group of found.groups) sendSignal(-group, name);
  for (const { pid } of found.members) sendSignal(pid, name);
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile, or no longer ours to end: the next look tells.
  }
}

/** A group keeps its number for as long as it has members; a process that has taken the number shows that it has none. */
function ownsGroup(leader: Leader, byPid: ReadonlyMap<number, ProcessEntry>): boolean {
  const entry = byPid.get(leader.pid);
  return entry === undefined ? leader.watched : entry.startTime === leader.startTime;
}

async function hasMarker(table: ProcessTable, marker: readonly string[], pid: number): Promise<boolean> {
  // An empty marker would be carried by every process of the machine.
  if (marker.length === 0) return false;
  const environment = await table.environment(pid);
  return environment !== undefined && marker.every((variable) => environment.includes(variable));
}

/** This process and its ancestors: a server may have been started from a terminal inside a workbench. */
function selfAndAncestors(byPid: ReadonlyMap<number, ProcessEntry>): ReadonlySet<number> {
  const line = new Set<number>([1]);
  for (let pid = process.pid; pid > 0 && !line.has(pid); pid = byPid.get(pid)?.parent ?? 0) line.add(pid);
  return line;
}

/** Nobody works in what an earlier server left: its grace is no longer than this, milliseconds. */
const LEFT_OVER_GRACE_MS = 2000;
/** When the process table could not be read it is tried again after this, milliseconds. */
const LOOK_AGAIN_MS = 1000;

/**
 * Ends what an earlier server of this installation left running: the processes that its records name, if
 * start time and boot show that they are still the same, and whatever carries the installation's mark. Only
 * before this server has started any. Answers whether all is gone; false when it was given up.
 */
export async function endProcessesOfEarlierServer(
  records: readonly ProcessRecord[],
  installation: string,
  context: ProcessTaskContext,
): Promise<boolean> {
  const { table, timers, giveUpSignal, telemetry } = context;
  const bootId = await table.bootId();
  const leaders = records.flatMap(({ process }): Leader[] =>
    process?.bootId === bootId ? [{ pid: process.pid, startTime: process.startTime, watched: false }] : [],
  );
  const family = { leaders, marker: [`${INSTALLATION_VARIABLE}=${installation}`] };
  const graceMs = Math.min(context.graceMs, LEFT_OVER_GRACE_MS);
  while (!giveUpSignal.aborted) {
    try {
      return await endProcessTree(family, { table, timers, graceMs, signal: giveUpSignal });
    } catch (error) {
      telemetry?.error('processes could not be listed', {}, error);
      await pause(timers, LOOK_AGAIN_MS, giveUpSignal);
    }
  }
  return false;
}
