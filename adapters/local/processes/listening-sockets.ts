import { readdir, readFile, readlink } from 'node:fs/promises';

/** The state LISTEN in /proc/net/tcp. */
const LISTEN = '0A';

/**
 * Returns where processes listen for TCP connections, for example `127.0.0.1:8888` and `[::1]:8888`. Returns nothing for
 * processes of other users, and on systems other than Linux.
 */
export async function findListeningAddresses(pids: readonly number[]): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const inodes = new Set((await Promise.all(pids.map(readSocketInodes))).flat());
  const tables = await Promise.all(['tcp', 'tcp6'].map(readTable));
  const found = tables.flatMap((table) => parseListening(table).filter(({ inode }) => inodes.has(inode)));
  return [...new Set(found.map(({ address }) => address))];
}

/** Returns an empty text for a table that the kernel does not have: IPv6 can be disabled. */
function readTable(name: string): Promise<string> {
  return readFile(`/proc/net/${name}`, 'latin1').catch(() => '');
}

async function readSocketInodes(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`;
  // The process may have ended, or belong to another user.
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** Returns the listening sockets in the content of /proc/net/tcp or /proc/net/tcp6. */
export function parseListening(table: string): readonly { inode: string; address: string }[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state !== LISTEN || inode === undefined) return [];
    return [{ inode, address: `${parseAddress(address)}:${Number.parseInt(port, 16)}` }];
  });
}

/** Parses an address that the kernel wrote as 32-bit words in the byte order of the processor: little endian. */
function parseAddress(words: string): string {
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  // The URL parser shortens the address.
  return new URL(`http://[${groups.join(':')}]`).hostname;
}
