import { pause, type Timers } from '../timers.ts';
import { findDaemons, type RunFiles } from './daemons.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';
import { killMembers, listMembers } from './run-cgroups.ts';

/** The first process of a run. It leads its own process group and session. */
export interface Leader {
  readonly pid: number;
  /** From the process table, read after the start. */
  readonly startTime: string;
  /**
   * Whether its process group still belongs to the run after the leader has ended. True only if this server has
   * watched the leader since its start. After a restart the number may belong to an unrelated group.
   */
  readonly watched: boolean;
}

export interface ProcessTree {
  readonly leaders: readonly Leader[];
  /** Environment variables (`NAME=value`) that only processes of this tree have, all of them. Empty: no marker. */
  readonly marker: readonly string[];
  /** The folders of its cgroups. All processes in them belong to the tree. */
  readonly cgroups?: readonly string[];
  /** The files of the runs in this tree. If given, processes are found by them once no others are left. */
  readonly files?: readonly RunFiles[];
}

export interface FoundProcesses {
  /** Process groups that may be signalled as a whole. */
  readonly groups: readonly number[];
  /** Cgroups that may be killed as a whole. */
  readonly cgroups: readonly string[];
  /** The live processes, including the members of these groups. */
  readonly members: readonly ProcessEntry[];
}

/**
 * Returns the live processes of a run: those of its cgroup, process group and session, their descendants, and those that
 * left both but have the marker in their environment. Once there are none, also those that left all of this and use
 * its files. This server and its ancestors are never included.
 */
export async function findProcessTree(table: ProcessTable, tree: ProcessTree): Promise<FoundProcesses> {
  const all = await table.readAll();
  const byPid = new Map(all.map((entry) => [entry.pid, entry]));
  const excluded = selfAndAncestors(byPid);
  const groups = tree.leaders.filter((leader) => ownsGroup(leader, byPid)).map((leader) => leader.pid);
  const candidates = all.filter((entry) => !entry.zombie && !excluded.has(entry.pid));
  const cgroups = await Promise.all(
    (tree.cgroups ?? []).map(async (path) => ({ path, members: await listMembers(path) })),
  );
  const inCgroups = new Set(cgroups.flatMap(({ members }) => members));
  const belongs = await Promise.all(
    candidates.map(
      async (entry) =>
        inCgroups.has(entry.pid) ||
        groups.includes(entry.group) ||
        groups.includes(entry.session) ||
        (await hasMarker(table, tree.marker, entry.pid)),
    ),
  );
  const found = new Map<number, ProcessEntry>();
  for (const [index, entry] of candidates.entries()) if (belongs[index]) found.set(entry.pid, entry);
  // Only now, because the open files of all processes are read.
  if (found.size === 0)
    for (const entry of await findDaemons(table, candidates, tree.files ?? [])) found.set(entry.pid, entry);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const entry of candidates) if (found.has(entry.parent)) found.set(entry.pid, entry);
  }
  // A server that was started from a terminal in a workbench may be in the cgroup itself.
  const killable = cgroups.filter(({ members }) => !members.some((pid) => excluded.has(pid)));
  return { groups, cgroups: killable.map(({ path }) => path), members: [...found.values()] };
}

export interface EndOptions {
  readonly table: ProcessTable;
  readonly timers: Timers;
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number;
  /** Ends the grace period at once. */
  readonly killNow?: AbortSignal;
  /** Stops the attempt. Live processes are left. */
  readonly signal?: AbortSignal;
}

/** The first and the longest polling interval after a signal, milliseconds. */
const POLL_MIN_MS = 15;
const POLL_MAX_MS = 250;

/**
 * Ends a process tree: SIGTERM to all processes, SIGKILL to those that are left after the grace period. Resolves
 * to true when two polls in a row found no process (one poll may miss a process that is being forked), to false
 * when `signal` aborts before.
 */
export async function endProcessTree(tree: ProcessTree, options: EndOptions): Promise<boolean> {
  const { table, timers, graceMs, killNow, signal } = options;
  const signals = [killNow, signal].filter((candidate) => candidate !== undefined);
  let overdue = graceMs <= 0;
  const cancel = timers.after(graceMs, () => {
    overdue = true;
  });
  const signalled = new Set<string>();
  let empty = 0;
  let intervalMs = POLL_MIN_MS;
  try {
    for (;;) {
      const found = await findProcessTree(table, tree);
      empty = found.members.length === 0 ? empty + 1 : 0;
      if (empty === 2) return true;
      if (signal?.aborted) return false;
      if (overdue || killNow?.aborted) await kill(found);
      else sendSigterm(found, signalled);
      await pause(timers, intervalMs, ...signals.filter(({ aborted }) => !aborted));
      intervalMs = Math.min(intervalMs * 1.5, POLL_MAX_MS);
    }
  } finally {
    cancel();
  }
}

/** Sends SIGTERM once to each process. Some programs exit at once, without cleanup, on a second SIGTERM. */
function sendSigterm(found: FoundProcesses, signalled: Set<string>): void {
  for (const { pid, startTime } of found.members) {
    const name = `${pid} ${startTime}`;
    if (signalled.has(name)) continue;
    signalled.add(name);
    sendSignal(pid, 'SIGTERM');
  }
}

async function kill(found: FoundProcesses): Promise<void> {
  if (found.members.length === 0) return;
  // Cgroups and groups come first, because no process can fork between the signals to its members.
  for (const path of found.cgroups) await killMembers(path);
  for (const group of found.groups) sendSignal(-group, 'SIGKILL');
  for (const { pid } of found.members) sendSignal(pid, 'SIGKILL');
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // The process has ended or may not be signalled. The next poll shows it.
  }
}

/**
 * A process group keeps its number while it has members. If a new process has this number, the group has no
 * members.
 */
function ownsGroup(leader: Leader, byPid: ReadonlyMap<number, ProcessEntry>): boolean {
  const entry = byPid.get(leader.pid);
  return entry === undefined ? leader.watched : entry.startTime === leader.startTime;
}

async function hasMarker(table: ProcessTable, marker: readonly string[], pid: number): Promise<boolean> {
  // All processes of the computer match an empty marker.
  if (marker.length === 0) return false;
  const environment = await table.environment(pid);
  return environment !== undefined && marker.every((variable) => environment.includes(variable));
}

/** Returns this process and its ancestors. A server may have been started from a terminal in a workbench. */
function selfAndAncestors(byPid: ReadonlyMap<number, ProcessEntry>): ReadonlySet<number> {
  const pids = new Set<number>([1]);
  for (let pid = process.pid; pid > 0 && !pids.has(pid); pid = byPid.get(pid)?.parent ?? 0) pids.add(pid);
  return pids;
}
