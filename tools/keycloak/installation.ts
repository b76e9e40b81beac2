import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import { withProgress } from '../progress.ts';
import { replaceFolder } from '../replace-folder.ts';

/** Keycloak in a folder of this project, next to node_modules. Git ignores the folder. */
export const KEYCLOAK_PATH = join(import.meta.dirname, '../../.workbench-keycloak');

const VERSION = '26.4.0';
/** 160 MB on Maven Central, which publishes the hash beside it (`.sha256`). */
const ARCHIVE = `https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/${VERSION}/keycloak-quarkus-dist-${VERSION}.zip`;
const SHA256 = '1b6a11a2726ac8a8dc9c91d5fafe989a75ce4f1622d7f7b45c21d5bc16629c0a';

const JAVA_MIN_VERSION = 17;
const PACKAGES = 'openjdk-17-jre-headless unzip';

/** The options that are fixed when Keycloak is built. A build saves half a minute of every start. */
const BUILD = ['build', '--db=dev-mem'];

/** Written at the end: what is installed, and the Java for which it was built. */
const STAMP = 'installed';

export class KeycloakInstallError extends Error {}

const execute = promisify(execFile);

/** Returns the path of the program that starts Keycloak. */
export function keycloakProgram(folder: string = KEYCLOAK_PATH): string {
  return join(folder, 'bin/kc.sh');
}

export function isKeycloakInstalled(): boolean {
  return existsSync(join(KEYCLOAK_PATH, STAMP));
}

/** @throws KeycloakInstallError Says what to do. */
export async function installKeycloak(): Promise<void> {
  const stamp = `${ARCHIVE}\n${BUILD.join(' ')}\n${await readJavaVersion()}`;
  const installed = await readFile(join(KEYCLOAK_PATH, STAMP), 'utf8').catch(() => undefined);
  if (installed === stamp) return;
  await replaceFolder(KEYCLOAK_PATH, async (temporary) => {
    const title = `Installing Keycloak ${VERSION} into ${KEYCLOAK_PATH}`;
    await withProgress(title, downloadAndBuild(temporary), process.stderr);
    await writeFile(join(temporary, STAMP), stamp);
  });
}

async function downloadAndBuild(folder: string): Promise<void> {
  const archive = `${folder}.zip`;
  const extracted = `${folder}-extracted`;
  try {
    await download(archive);
    await execute('unzip', ['-q', archive, '-d', extracted]);
    await rm(folder, { recursive: true });
    await rename(join(extracted, `keycloak-${VERSION}`), folder);
    await execute(keycloakProgram(folder), BUILD);
  } catch (error) {
    // The message of a failed program contains its command and its output.
    throw new KeycloakInstallError(error instanceof Error ? error.message : String(error));
  } finally {
    for (const path of [archive, extracted]) await rm(path, { recursive: true, force: true });
  }
}

async function download(archive: string): Promise<void> {
  const response = await fetch(ARCHIVE);
  if (!response.ok || response.body === null) {
    throw new KeycloakInstallError(`${ARCHIVE} cannot be downloaded: status ${response.status}`);
  }
  const hash = createHash('sha256');
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  body.on('data', (chunk: Uint8Array) => hash.update(chunk));
  await pipeline(body, createWriteStream(archive));
  const digest = hash.digest('hex');
  if (digest !== SHA256)
    throw new KeycloakInstallError(`${ARCHIVE} has the SHA-256 ${digest}; expected ${SHA256}`);
}

async function readJavaVersion(): Promise<string> {
  const hint = `On Debian or Ubuntu: apt-get install -y ${PACKAGES}`;
  for (const [program, argument] of [
    ['java', '-version'],
    ['unzip', '-v'],
  ] as const) {
    await execute(program, [argument]).catch(() => {
      throw new KeycloakInstallError(
        `Installing Keycloak into a folder of this project requires ${program}.\n${hint}`,
      );
    });
  }
  const { stderr } = await execute('java', ['-version']);
  const version = /version "([^"]+)"/.exec(stderr)?.[1] ?? '';
  if (Number.parseInt(version, 10) < JAVA_MIN_VERSION) {
    throw new KeycloakInstallError(
      `Keycloak requires Java ${JAVA_MIN_VERSION}; this is ${version}.\n${hint}`,
    );
  }
  return version;
}
