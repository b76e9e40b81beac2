import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';

/** Packages of the base image besides Node.js and code-server, by their names in Debian and Ubuntu. */
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
  /** Code name of the release: `bookworm`, `noble`. */
  readonly suite: string;
  /** Components of the archive that contain PACKAGES. */
  readonly components: readonly string[];
}

/**
 * Returns the distribution of this computer if a base image can be built from its packages, otherwise undefined. The
 * image uses the same distribution, because native modules of code-server are compiled here and need the same C
 * library.
 */
export async function detectDistribution(file = '/etc/os-release'): Promise<Distribution | undefined> {
  const release = parseEnv(await readFile(file, 'utf8').catch(() => ''));
  const { ID: id, VERSION_CODENAME: suite } = release;
  if (suite === undefined || !/^[a-z]+$/.test(suite)) return undefined;
  if (id === 'debian') return { suite, components: ['main'] };
  return id === 'ubuntu' ? { suite, components: ['main', 'universe'] } : undefined;
}
