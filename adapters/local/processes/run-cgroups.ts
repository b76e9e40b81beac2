import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

/**
 * Cgroups (version 2) of runs. A process can leave its session, its parent and its environment, but its children stay in
 * the cgroup. A user may create one where systemd has delegated the cgroup of the server, above all in a desktop session; in an
 * SSH session usually not. No controller is enabled, so that a cgroup with processes may have further cgroups below it.
 */

const NAME_PREFIX = 'workbench-';

/** Returns the folder of this process's own cgroup; undefined without cgroups of version 2. */
export async function findOwnCgroup(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const [cgroups, mounts] = await Promise.all(
    ['cgroup', 'mountinfo'].map((name) => readFile(`/proc/self/${name}`, 'utf8').catch(() => '')),
  );
  return parseOwnCgroup(cgroups ?? '', mounts ?? '');
}

/** @param cgroups and mounts the content of /proc/self/cgroup and /proc/self/mountinfo */
export function parseOwnCgroup(cgroups: string, mounts: string): string | undefined {
  const own = /^0::(\/.*)$/m.exec(cgroups)?.[1];
  // Outside of the root of this namespace, `..` stands for its parents.
  if (own === undefined || own.startsWith('/..')) return undefined;
  for (const line of mounts.split('\n')) {
    const [fields = '', source = ''] = line.split(' - ');
    const [, , , root, mountPoint] = fields.split(' ').map(unescapeOctal);
    if (!source.startsWith('cgroup2 ') || root === undefined || mountPoint === undefined) continue;
    const path = relative(root, own);
    if (!path.startsWith('..')) return join(mountPoint, path);
  }
  return undefined;
}

/** The kernel writes a space in a path as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/**
 * Creates the cgroup of a run and moves its first process, which has no children yet, into it.
 * @param own the folder of this server's cgroup
 * @throws the system's error (EACCES, EROFS, EBUSY, …) when this server may not
 */
export async function createRunCgroup(
  own: string,
  { installation, runId, pid }: { installation: string; runId: string; pid: number },
): Promise<string> {
  const path = join(own, `${NAME_PREFIX}${installation}-${runId}`);
  await mkdir(path, { recursive: true });
  try {
    await writeFile(join(path, 'cgroup.procs'), String(pid));
  } catch (error) {
    await removeRunCgroup(path);
    throw error;
  }
  return path;
}

/** Returns the cgroups of runs of this installation that an earlier server left below its own. */
export async function listRunCgroups(own: string, installation: string): Promise<readonly string[]> {
  const names = await readdir(own).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${NAME_PREFIX}${installation}-`))
    .map((name) => join(own, name));
}

/** Returns the processes in a cgroup and in those below it. A path that is no cgroup of a run has none. */
export async function listMembers(path: string): Promise<readonly number[]> {
  if (!basename(path).startsWith(NAME_PREFIX)) return [];
  const members = await Promise.all((await listTree(path)).map(readMembers));
  return members.flat();
}

/** Kills all processes in a cgroup and below it at once. Linux before 5.14 cannot. */
export async function killMembers(path: string): Promise<void> {
  if (!basename(path).startsWith(NAME_PREFIX)) return;
  await writeFile(join(path, 'cgroup.kill'), '1').catch(() => {});
}

/** Removes a cgroup without processes, and those below it. One with processes is left. */
export async function removeRunCgroup(path: string): Promise<void> {
  if (!basename(path).startsWith(NAME_PREFIX)) return;
  for (const folder of (await listTree(path)).toReversed()) await rmdir(folder).catch(() => {});
}

/** Returns the folder and all below it, each after its parent. */
async function listTree(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => listTree(join(path, entry.name))),
  );
  return [path, ...below.flat()];
}

async function readMembers(path: string): Promise<readonly number[]> {
  const text = await readFile(join(path, 'cgroup.procs'), 'latin1').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}
