import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { StageSettings } from '#lib/settings/stage.ts';
import { ToolError } from '../../command-line.ts';
import { findRepository } from '../../image/repository.ts';
import type { AwsCli } from '../aws-cli.ts';
import type { DeploymentCalls, InstanceDescription, OutboundRule, WorkbenchResponse } from './calls.ts';

/** The environment variable with a token for the API, if the stage has no static key. */
const TOKEN_VARIABLE = 'WORKBENCH_CHECK_TOKEN';

const REQUEST_TIMEOUT_MS = 35_000;

const stacksSchema = z.object({
  Stacks: z.array(
    z.object({ Outputs: z.optional(z.array(z.object({ OutputKey: z.string(), OutputValue: z.string() }))) }),
  ),
});

const resourcesSchema = z.object({
  StackResourceSummaries: z.array(
    z.object({
      LogicalResourceId: z.string(),
      PhysicalResourceId: z.optional(z.string()),
      ResourceType: z.string(),
    }),
  ),
});

const rulesSchema = z.object({
  SecurityGroupRules: z.array(
    z.object({
      GroupId: z.string(),
      IsEgress: z.boolean(),
      CidrIpv4: z.optional(z.string()),
      CidrIpv6: z.optional(z.string()),
    }),
  ),
});

const containerInstancesSchema = z.object({
  containerInstances: z.array(
    z.object({
      ec2InstanceId: z.string(),
      versionInfo: z.optional(z.object({ agentVersion: z.optional(z.string()) })),
      attributes: z.optional(z.array(z.object({ name: z.string() }))),
    }),
  ),
});

const invocationSchema = z.object({ FunctionError: z.optional(z.string()) });
const imagesSchema = z.object({
  images: z.array(z.object({ imageId: z.object({ imageDigest: z.string() }) })),
});
const keySchema = z.object({ static_key: z.string() });

/** The attribute of a container instance with a trunk interface. */
const TRUNK_ATTRIBUTE = 'ecs.awsvpc-trunk-id';

const ADVICE =
  'The check needs this command. Does the account have the deployment, and the credentials its permission?';

/** Makes the calls of the checks with the AWS CLI, and requests to the deployed API. */
export class AwsDeploymentCalls implements DeploymentCalls {
  readonly #aws: AwsCli;
  readonly #settings: StageSettings;
  #api: Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> | undefined;

  constructor(aws: AwsCli, settings: StageSettings) {
    this.#aws = aws;
    this.#settings = settings;
  }

  async fileSystems(): Promise<readonly string[]> {
    const outputs = await this.#outputsOf('data');
    return Object.keys(outputs)
      .filter((name) => /^FileSystem\d+$/.test(name))
      .sort((a, b) => Number(a.slice('FileSystem'.length)) - Number(b.slice('FileSystem'.length)))
      .map((name) => outputs[name] ?? '');
  }

  async invokeJanitor(fileSystemId: string, index: number): Promise<string | undefined> {
    const { FunctionError } = await this.#aws.query(
      invocationSchema,
      [
        ...['lambda', 'invoke', '--function-name', `${this.#settings.installation}-janitor-${index}`],
        ...['--cli-binary-format', 'raw-in-base64-out'],
        ...['--payload', JSON.stringify({ act: 'list', fileSystemId })],
        // The response, which has the names of directories.
        '/dev/null',
      ],
      ADVICE,
    );
    return FunctionError;
  }

  async hasEcsRole(): Promise<boolean> {
    const role = ['iam', 'get-role', '--role-name', 'AWSServiceRoleForECS'];
    return (await this.#aws.readLine([...role, '--query', 'Role.Arn', '--output', 'text'])) !== undefined;
  }

  async outboundRules(): Promise<readonly OutboundRule[]> {
    const { installation } = this.#settings;
    const { StackResourceSummaries } = await this.#aws.query(
      resourcesSchema,
      ['cloudformation', 'list-stack-resources', '--stack-name', `${installation}-network`],
      ADVICE,
    );
    const groups = new Map<string, OutboundRule['group']>();
    for (const { LogicalResourceId, PhysicalResourceId, ResourceType } of StackResourceSummaries) {
      if (ResourceType !== 'AWS::EC2::SecurityGroup' || PhysicalResourceId === undefined) continue;
      for (const name of ['Gateway', 'Janitor'] as const) {
        if (LogicalResourceId.startsWith(`Network${name}`)) groups.set(PhysicalResourceId, name);
      }
    }
    if (groups.size !== 2) throw new ToolError(`the stack ${installation}-network does not have both groups`);
    const { SecurityGroupRules } = await this.#aws.query(
      rulesSchema,
      [
        ...['ec2', 'describe-security-group-rules', '--filters'],
        `Name=group-id,Values=${[...groups.keys()].join(',')}`,
      ],
      ADVICE,
    );
    return SecurityGroupRules.flatMap(({ GroupId, IsEgress, CidrIpv4, CidrIpv6 }) => {
      const group = groups.get(GroupId);
      return group === undefined || !IsEgress ? [] : [{ group, cidr: CidrIpv4 ?? CidrIpv6 }];
    });
  }

  async findImage(): Promise<string | undefined> {
    const { installation, stage, image } = this.#settings;
    const { name } = await findRepository(this.#aws, installation, stage);
    const id = image.digest === undefined ? `imageTag=${image.tag}` : `imageDigest=${image.digest}`;
    const { images } = await this.#aws.query(
      imagesSchema,
      ['ecr', 'batch-get-image', '--repository-name', name, '--image-ids', id],
      ADVICE,
    );
    return images[0]?.imageId.imageDigest;
  }

  async instances(): Promise<readonly InstanceDescription[]> {
    const cluster = ['--cluster', this.#settings.installation];
    const arns = await this.#aws.query(
      z.object({ containerInstanceArns: z.array(z.string()) }),
      ['ecs', 'list-container-instances', ...cluster, '--max-items', '100'],
      ADVICE,
    );
    if (arns.containerInstanceArns.length === 0) return [];
    const { containerInstances } = await this.#aws.query(
      containerInstancesSchema,
      [
        ...['ecs', 'describe-container-instances', ...cluster, '--container-instances'],
        ...arns.containerInstanceArns,
      ],
      ADVICE,
    );
    return containerInstances.map(({ ec2InstanceId, versionInfo, attributes = [] }) => ({
      id: ec2InstanceId,
      agentVersion: versionInfo?.agentVersion ?? 'unknown',
      hasTrunk: attributes.some(({ name }) => name === TRUNK_ATTRIBUTE),
    }));
  }

  async countTasks(userId: string): Promise<number> {
    const startedBy = Buffer.from(userId).toString('base64url');
    const { taskArns } = await this.#aws.query(
      z.object({ taskArns: z.array(z.string()) }),
      ['ecs', 'list-tasks', '--cluster', this.#settings.installation, '--started-by', startedBy],
      ADVICE,
    );
    return taskArns.length;
  }

  async request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<WorkbenchResponse> {
    this.#api ??= this.#connect();
    const { url, headers } = await this.#api;
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const { item = {} } = (await response.json()) as { item?: WorkbenchResponse['item'] };
      return { status: response.status, item };
    } catch (error) {
      throw new ToolError(`${method} ${url}${path} failed: ${describeError(error)}`);
    }
  }

  now(): number {
    return performance.now();
  }

  async wait(ms: number): Promise<void> {
    await wait(ms);
  }

  async #connect() {
    const { ApiUrl, AuthSecret } = await this.#outputsOf('api');
    if (ApiUrl === undefined)
      throw new ToolError(`the stack ${this.#settings.installation}-api has no ApiUrl`);
    const token = process.env[TOKEN_VARIABLE] ?? (await this.#readKey(AuthSecret));
    return { url: ApiUrl, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
  }

  /** @throws ToolError If the secret has no static key. */
  async #readKey(secret: string | undefined): Promise<string | undefined> {
    const { auth } = this.#settings;
    if (auth === 'none') return undefined;
    if (secret !== undefined && auth.staticKey) {
      const text = await this.#aws.readSecret(
        [
          'secretsmanager',
          'get-secret-value',
          '--secret-id',
          secret,
          '--query',
          'SecretString',
          '--output',
          'text',
        ],
        `Or set ${TOKEN_VARIABLE} to a token for the API.`,
      );
      const key = z.safeParse(keySchema, parseJson(text));
      if (key.success) return key.data.static_key;
    }
    throw new ToolError(
      `Set ${TOKEN_VARIABLE} to a token that may act for any user: the stage has no static key.`,
    );
  }

  async #outputsOf(part: 'data' | 'api'): Promise<Readonly<Record<string, string | undefined>>> {
    const { Stacks } = await this.#aws.query(
      stacksSchema,
      ['cloudformation', 'describe-stacks', '--stack-name', `${this.#settings.installation}-${part}`],
      `Deploy the stage first: npm run deploy -- --stage ${this.#settings.stage}`,
    );
    const outputs = Stacks[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node.js reports a failed connection as the cause of a TypeError. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
