import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The part of a profile of `node --cpu-prof` that is used here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  /** The id of the node that ran at each sample, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** Microseconds of the monotonic clock, which all processes of a computer share. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Reads the profile that `node --cpu-prof --cpu-prof-dir=FOLDER` wrote. */
export async function readProfile(folder: string): Promise<CpuProfile> {
  const [name, ...others] = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'));
  if (name === undefined || others.length > 0) throw new Error(`${folder} has not exactly one profile`);
  return JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile;
}

/**
 * Returns the microseconds of each area of the code within a time window. The time of a function without a file, such
 * as JSON.stringify, is added to its caller.
 * @param areaOf returns the area of a file, or of a state of the engine, such as `(garbage collector)`
 */
export function sumByArea(
  { nodes, startTime, samples, timeDeltas }: CpuProfile,
  window: TimeWindow,
  areaOf: (source: string) => string,
): Map<string, number> {
  const areas = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const assign = (node: ProfileNode, caller: string) => {
    const { url, functionName } = node.callFrame;
    const area = url !== '' ? areaOf(url) : functionName.startsWith('(') ? areaOf(functionName) : caller;
    areas.set(node.id, area);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) assign(child, area);
    }
  };
  const [root] = nodes;
  if (root !== undefined) assign(root, areaOf('(root)'));
  const sums = new Map<string, number>();
  let time = startTime;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    time += delta;
    if (time < window.from || time > window.to) continue;
    const area = areas.get(id) ?? areaOf('(root)');
    sums.set(area, (sums.get(area) ?? 0) + delta);
  }
  return sums;
}

const ROOT = join(import.meta.dirname, '..');

/** Idle time is not in an area. */
export const IDLE = 'idle';

const AREAS: readonly (readonly [RegExp, string])[] = [
  [/^\(idle\)$/, IDLE],
  [/^\(garbage collector\)$/, 'garbage collection'],
  // System calls, and what the engine does between functions.
  [/^\(/, 'system calls and engine'],
  [/^node:(_http|net$|internal\/(http|stream|js_stream|net|webstreams))/, 'Node.js: HTTP and streams'],
  [/^node:(stream|_stream|events)/, 'Node.js: HTTP and streams'],
  [/^node:/, 'Node.js: other modules'],
  [/^node_modules\/(@middy)\//, 'middy'],
  [/^node_modules\//, 'other packages'],
  [/^adapters\//, 'SQLite and its adapter'],
  [/^functions\//, 'functions'],
  [/^(core|contract)\//, 'core'],
  [/^local\//, 'gateway and server'],
];

/** Returns the area of a file of this project, of a package, of Node.js, or of a state of the engine. */
export function areaOfSource(source: string): string {
  const path = source.startsWith('file:') ? fileURLToPath(source) : source;
  const modules = path.lastIndexOf('/node_modules/');
  const name =
    modules === -1 ? (path.startsWith('/') ? relative(ROOT, path) : path) : path.slice(modules + 1);
  return AREAS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}
