import * as z from 'zod/mini';
import { ToolError } from '../command-line.ts';
import { capture, formatCommand, type ProgramResult } from './program.ts';

/** Credentials and region. */
export interface AwsTarget {
  /** Profile of the AWS CLI. @default the credentials in the environment */
  readonly profile?: string | undefined;
  /** @default the region in the environment, or of the profile */
  readonly region?: string | undefined;
}

const WHEN_MISSING =
  'Install version 2 of the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html';

/** Without credentials, the AWS CLI queries sources that respond slowly. */
const TIMEOUT_MS = 60_000;

/** Runs the command `aws`. It finds its credentials itself; this program never reads them. */
export class AwsCli {
  readonly target: AwsTarget;

  constructor(target: AwsTarget = {}) {
    this.target = target;
  }

  /**
   * Runs a command and parses its JSON output.
   * @param advice What to do if the command fails. Part of the error message.
   * @throws ToolError With the message of the AWS CLI.
   */
  async query<S extends z.ZodMiniType>(
    schema: S,
    args: readonly string[],
    advice: string,
  ): Promise<z.infer<S>> {
    const { code, stdout, stderr } = await this.#run([...args, '--output', 'json']);
    if (code !== 0) throw new ToolError(`${this.format(args)} failed: ${toOneLine(stderr)}\n${advice}`);
    const output = z.safeParse(schema, parseJson(stdout));
    if (!output.success) throw new ToolError(`${this.format(args)} printed unexpected output.`);
    return output.data;
  }

  /**
   * Runs a command and ignores its output.
   * @throws ToolError With the message of the AWS CLI.
   */
  async run(args: readonly string[], advice: string, timeoutMs = TIMEOUT_MS): Promise<void> {
    const { code, stderr } = await this.#run(args, timeoutMs);
    if (code !== 0) throw new ToolError(`${this.format(args)} failed: ${toOneLine(stderr)}\n${advice}`);
  }

  /** Returns the line that a command prints, or undefined if it fails or prints nothing. */
  async readLine(args: readonly string[]): Promise<string | undefined> {
    const { code, stdout } = await this.#run(args);
    return code === 0 ? stdout.trim() || undefined : undefined;
  }

  /**
   * Returns the secret that a command prints. Its standard output is never shown.
   * @throws ToolError With the message of the AWS CLI.
   */
  async readSecret(args: readonly string[], advice: string): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args);
    const secret = stdout.trim();
    if (code === 0 && secret !== '') return secret;
    throw new ToolError(`${this.format(args)} failed: ${toOneLine(stderr)}\n${advice}`);
  }

  /** Formats a command for a shell. */
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

  async #run(args: readonly string[], timeoutMs = TIMEOUT_MS): Promise<ProgramResult> {
    return capture('aws', this.#arguments(args), {
      whenMissing: WHEN_MISSING,
      timeoutMs,
      // Disables the pager, which would wait for input.
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
  return text.replaceAll(/\s+/g, ' ').trim() || 'no error output';
}
