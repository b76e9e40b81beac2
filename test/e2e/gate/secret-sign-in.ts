import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { create, pollUntil, type Server } from '../api-calls.ts';
import { createDataDir, LocalServer } from '../local-server.ts';

/** The program of the workbenches: its pages show the path and the cookies that it received. */
export const PROGRAM = `exec '${process.execPath}' '${join(import.meta.dirname, '../neighbour.mjs')}'`;

/** A server of a computer with other users, which asks for the secret that it printed. */
export class SecretServer implements Server {
  readonly local: LocalServer;

  private constructor(local: LocalServer) {
    this.local = local;
  }

  static async start(
    settings: Readonly<Record<string, string>> = {},
    dataDir?: string,
  ): Promise<SecretServer> {
    return new SecretServer(
      await LocalServer.start(dataDir ?? (await createDataDir()), {
        WB_LOCAL_TOKEN: 'auto',
        WB_BOOT_COMMAND: PROGRAM,
        ...settings,
      }),
    );
  }

  get api(): string {
    return this.local.api;
  }

  /** The printed secret, which is also the key of the API. */
  get key(): string {
    const secret = /^ {2}Secret +(\S+)$/m.exec(this.local.output)?.[1];
    if (secret === undefined) throw new Error(`no secret is printed in:\n${this.local.output}`);
    return secret;
  }

  /** Creates a workbench and waits until it runs. */
  async createWorkbench(name: string): Promise<RunningWorkbench> {
    const id = await create(this, name);
    const { public_endpoint: publicEndpoint } = await pollUntil(this, id, 'running');
    return { id, publicEndpoint, origin: `http://${id}.localhost:${new URL(publicEndpoint).port}` };
  }
}

export interface RunningWorkbench {
  readonly id: string;
  readonly publicEndpoint: string;
  /** With a host for each workbench. */
  readonly origin: string;
}

/** Goes to a URL, enters the secret and waits until the browser is back at the URL. */
export async function openWithSecret(page: Page, url: string, secret: string): Promise<void> {
  await page.goto(url);
  await enterSecret(page, secret);
  await page.waitForURL(url);
}

/** Sends the form of the sign-in. */
export async function enterSecret(page: Page, secret: string): Promise<void> {
  await page.getByLabel('Secret').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
