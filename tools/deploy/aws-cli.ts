import * as z from 'zod/mini';
import { ToolError } from '../command-line.ts';
import { capture, formatCommand, type ProgramResult } from './program.ts';

/** With which credentials, and where. */
export interface AwsTarget {
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
  readonly target: AwsTarget;

  constructor(target: AwsTarget = {}) {
    this.target = target;
  }

  /**
   * What a command answers, checked.
   * @param advice what to do when it fails
   * @throws Problem with the words of the AWS CLI
   */
  async query<S extends z.ZodMiniType>(
    schema: S,
    args: readonly string[],
    advice: string,
  ): Promise<z.infer<S>> {
    const { code, stdout, stderr } = await this.#run([...args, '--output', 'json']);
    if (code !== 0) throw new ToolError(`${this.format(args)} failed: ${toOneLine(stderr)}\n${advice}`);
    const answer = z.safeParse(schema, parseJson(stdout));
    if (!answer.success) throw new ToolError(`${this.format(args)} answered something else than expected.`);
    return answer.data;
  }

  /** A line that a command prints; undefined when it fails or prints none. */
  async readLine(args: readonly string[]): Promise<string | undefined> {
    const { code, stdout } = await this.#run(args);
    return code === 0 ? stdout.trim() || undefined : undefined;
  }

  /**
   * A secret that a command prints. Of its output nothing is ever shown.
   * @throws Problem with the words of the AWS CLI
   */
  async readSecret(args: readonly string[], advice: string): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args);
    const secret = stdout.trim();
    if (code === 0 && secret !== '') return secret;
    throw new ToolError(`${this.format(args)} failed: ${toOneLine(stderr)}\n${advice}`);
  }

  /** A command as one would type it. */
  format(args: readonly string[]): string {
    return formatCommand('aws', this.#arguments(args));
  }

  #arguments(args: readonly string[]): readonly string[] {
    const { profile, region } = this.target;
    return [
      ...args,
      ...(profile === undefined ? [] : ['--profile', profile]),
      ...(region === undefined ? [] : ['--region', region]),
    ];
  }

  async #run(args: readonly string[]): Promise<ProgramResult> {
    return capture('aws', this.#arguments(args), {
      whenMissing: WHEN_MISSING,
      timeoutMs: TIMEOUT_MS,
      // It would wait in a pager for somebody to turn the page.
      environment: { AWS_PAGER: '' },
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim() || 'it says nothing';
}
