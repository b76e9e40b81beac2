import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withProgress } from '../progress.ts';
import { replaceFolder } from '../replace-folder.ts';

/** nginx of the distribution in a folder next to node_modules. Git ignores the folder. No service is installed. */
const NGINX_PATH = join(import.meta.dirname, '../../.workbench-nginx');

export const NGINX_PROGRAM = join(NGINX_PATH, 'usr/sbin/nginx');

export class NginxInstallError extends Error {}

const execute = promisify(execFile);

/**
 * Downloads the package of Debian or Ubuntu, whose signature apt checks, and extracts it.
 * @throws NginxInstallError Says what to do.
 */
export async function installNginx(): Promise<void> {
  if (existsSync(NGINX_PROGRAM)) return;
  await replaceFolder(NGINX_PATH, async (temporary) => {
    await withProgress(`Installing nginx into ${NGINX_PATH}`, downloadAndExtract(temporary), process.stderr);
  });
}

async function downloadAndExtract(folder: string): Promise<void> {
  try {
    // As root apt downloads as another user, who may not write into this folder.
    await execute('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', 'nginx'], { cwd: folder });
    const [archive = ''] = await readdir(folder);
    await execute('dpkg', ['-x', archive, '.'], { cwd: folder });
    await rm(join(folder, archive));
    // A library that is missing is reported here, and not by a test.
    await execute(join(folder, 'usr/sbin/nginx'), ['-V']);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new NginxInstallError(
      `${message}\nInstalling nginx into a folder of this project requires Debian or Ubuntu with a list of packages: apt-get update`,
    );
  }
}
