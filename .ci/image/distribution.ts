import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';

/** What the base of the example image holds beside Node.js and code-server, by the names of Debian and Ubuntu. */
export const PACKAGES = [
  'ca-certificates',
  'curl',
  'git',
  'less',
  'libgssapi-krb5-2',
  'nano',
  'openssh-client',
  'procps',
  'tini',
] as const;

export interface Distribution {
  /** The code name of the release: `bookworm`, `noble`. */
  readonly suite: string;
  /** The parts of the archive that hold PACKAGES. */
  readonly components: readonly string[];
}

/**
 * This machine's distribution, when a base can be made from its packages; undefined for any other. It must be
 * this machine's own: code-server's compiled parts are taken from here and need the same C library.
 */
export async function detectDistribution(file = '/etc/os-release'): Promise<Distribution | undefined> {
  const release = parseEnv(await readFile(file, 'utf8').catch(() => ''));
  const { ID: id, VERSION_CODENAME: suite } = release;
  if (suite === undefined || !/^[a-z]+$/.test(suite)) return undefined;
  if (id === 'debian') return { suite, components: ['main'] };
  return id === 'ubuntu' ? { suite, components: ['main', 'universe'] } : undefined;
}
