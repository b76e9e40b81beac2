import * as z from 'zod/mini';
import { Problem } from '../command-line.ts';
import { capture, type Ended, typed } from './program.ts';

/** With which credentials, and where. */
export interface AwsPlace {
  /** A profile of the AWS CLI. @default the environment's */
  readonly profile?: string | undefined;
  /** @default the environment's, or the profile's */
  readonly region?: string | undefined;
}

const WHEN_MISSING =
  'Install the AWS CLI, version 2: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html';

/** Without an account it looks for credentials in places that take their time to answer. */
const TIMEOUT_MS = 60_000;

/** The command `aws`, with the credentials that it finds by itself. None of them ever passes through here. */
export class AwsCli {
  readonly place: AwsPlace;

  constructor(place: AwsPlace = {}) {
    this.place = place;
  }

  /**
   * What a command answers, checked.
   * @param advice what to do when it fails
   * @throws Problem with the words of the AWS CLI
   */
  async ask<S extends z.ZodMiniType>(
    schema: S,
    args: readonly string[],
    advice: string,
  ): Promise<z.infer<S>> {
    const { code, stdout, stderr } = await this.#run([...args, '--output', 'json']);
    if (code !== 0) throw new Problem(`${this.typed(args)} failed: ${inOneLine(stderr)}\n${advice}`);
    const answer = z.safeParse(schema, parsed(stdout));
    if (!answer.success) throw new Problem(`${this.typed(args)} answered something else than expected.`);
    return answer.data;
  }

  /** A line that a command prints; undefined when it fails or prints none. */
  async line(args: readonly string[]): Promise<string | undefined> {
    const { code, stdout } = await this.#run(args);
    return code === 0 ? stdout.trim() || undefined : undefined;
  }

  /**
   * A secret that a command prints. Of its output nothing is ever shown.
   * @throws Problem with the words of the AWS CLI
   */
  async secret(args: readonly string[], advice: string): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args);
    const secret = stdout.trim();
    if (code === 0 && secret !== '') return secret;
    throw new Problem(`${this.typed(args)} failed: ${inOneLine(stderr)}\n${advice}`);
  }

  /** A command as one would type it. */
  typed(args: readonly string[]): string {
    return typed('aws', this.#arguments(args));
  }

  #arguments(args: readonly string[]): readonly string[] {
    const { profile, region } = this.place;
    return [
      ...args,
      ...(profile === undefined ? [] : ['--profile', profile]),
      ...(region === undefined ? [] : ['--region', region]),
    ];
  }

  async #run(args: readonly string[]): Promise<Ended> {
    return capture('aws', this.#arguments(args), {
      whenMissing: WHEN_MISSING,
      timeoutMs: TIMEOUT_MS,
      // It would wait in a pager for somebody to turn the page.
      environment: { AWS_PAGER: '' },
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim() || 'it says nothing';
}
