import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { FakeCommands } from '../fake-commands.ts';
import { linkedProject } from '../linked-project.ts';
import { stageFile } from '../stage-file.ts';

const KEY = 'a-static-key-of-the-deployed-stage';
const ID = '01k0000000000000000000000a';

/** An API whose workbench reaches each status at once. @returns Its address and the requests with their keys. */
async function openApi() {
  const requests: string[] = [];
  let status = 'stopped';
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push(`${method} ${url} ${headers.authorization}`);
    if (method === 'POST') status = url.includes('/stop?') ? 'stopped' : 'running';
    if (method === 'DELETE') status = 'gone';
    const isPoll = method === 'GET' && url.includes(ID);
    const code =
      isPoll && status === 'gone' ? 404 : method === 'POST' && url.startsWith('/v1/workbenches?') ? 201 : 200;
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ item: { workbench_id: ID, status } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, requests };
}

async function commandsOfDeployment(apiUrl: string): Promise<FakeCommands> {
  const commands = await FakeCommands.of('aws');
  const outputs = {
    ApiUrl: apiUrl,
    AuthSecret: 'arn:aws:secretsmanager:us-west-1:111122223333:secret:key',
    ImageRepository: '111122223333.dkr.ecr.us-west-1.amazonaws.com/images',
    FileSystem0: 'fs-0123456789abcdef0',
  };
  const group = (LogicalResourceId: string, PhysicalResourceId: string) => ({
    LogicalResourceId,
    PhysicalResourceId,
    ResourceType: 'AWS::EC2::SecurityGroup',
  });
  const define = async (command: string, output: unknown) => await commands.setOutput(command, output);
  await define('aws sts get-caller-identity', {
    Account: '111122223333',
    Arn: 'arn:aws:iam::111122223333:user/ops',
  });
  await define('aws cloudformation describe-stacks', {
    Stacks: [
      { Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })) },
    ],
  });
  await define('aws cloudformation list-stack-resources', {
    StackResourceSummaries: [
      group('NetworkGateway1234ABCD', 'sg-1'),
      group('NetworkJanitor1234ABCD', 'sg-2'),
    ],
  });
  await define('aws ec2 describe-security-group-rules', {
    SecurityGroupRules: [
      { GroupId: 'sg-1', IsEgress: true },
      { GroupId: 'sg-2', IsEgress: true, CidrIpv4: '255.255.255.255/32' },
      { GroupId: 'sg-2', IsEgress: false, CidrIpv4: '0.0.0.0/0' },
    ],
  });
  await define('aws iam get-role', 'arn:aws:iam::111122223333:role/aws-service-role/ecs\n');
  await define('aws lambda invoke', { StatusCode: 200 });
  await define('aws ecr batch-get-image', { images: [{ imageId: { imageDigest: 'sha256:1' } }] });
  await define('aws ecs list-container-instances', { containerInstanceArns: ['arn:1'] });
  await define('aws ecs describe-container-instances', {
    containerInstances: [
      {
        ec2InstanceId: 'i-1',
        versionInfo: { agentVersion: '1.106.0' },
        attributes: [{ name: 'ecs.awsvpc-trunk-id' }],
      },
    ],
  });
  await define('aws ecs list-tasks', { taskArns: [] });
  await define('aws secretsmanager get-secret-value', JSON.stringify({ static_key: KEY }));
  return commands;
}

async function runCheck(commands: FakeCommands, environment: Readonly<Record<string, string>> = {}) {
  const project = await linkedProject({ staging: stageFile() });
  return await commands.run(project, 'tools/deploy.mjs', ['--stage', 'staging', '--check'], environment);
}

it('checks a deployment with the AWS CLI and its API, changes nothing else, and never prints the key', async () => {
  const { url, requests } = await openApi();
  const commands = await commandsOfDeployment(url);
  const { code, stdout, stderr } = await runCheck(commands);
  expect(stderr).toBe('');
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^first start +passed/m);
  expect(stdout).toMatch(/^trunking +passed +1 of 1 instances have a trunk, agents 1\.106\.0$/m);
  expect(stdout).not.toContain(KEY);
  expect(requests.every((request) => request.endsWith(`Bearer ${KEY}`))).toBe(true);
  expect(
    requests.filter((request) => !request.startsWith('GET')).map((line) => line.split(' ').slice(0, 2)),
  ).toEqual([
    ['POST', '/v1/workbenches?user_id=deployment-check'],
    ['POST', `/v1/workbenches/${ID}/stop?user_id=deployment-check`],
    ['POST', `/v1/workbenches/${ID}/start?user_id=deployment-check`],
    ['DELETE', `/v1/workbenches/${ID}?user_id=deployment-check`],
  ]);
  const READS = /^aws \S+ (get|describe|list|batch-get)-/;
  const others = (await commands.calls()).filter((call) => !READS.test(call));
  expect(others).toEqual([
    'aws lambda invoke --function-name workbench-staging-janitor-0 --cli-binary-format raw-in-base64-out --payload {"act":"list","fileSystemId":"fs-0123456789abcdef0"} /dev/null --output json --region us-west-1',
  ]);
});

it('exits with 1 and says what to do if a check fails', async () => {
  const { url } = await openApi();
  const commands = await commandsOfDeployment(url);
  await commands.setOutput('aws lambda invoke', { StatusCode: 200, FunctionError: 'Unhandled' });
  const { code, stdout } = await runCheck(commands);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^janitors +failed +fs-0123456789abcdef0: Unhandled$/m);
  expect(stdout).toContain('janitors: If the figure is EFSMountFailureException');
});

it('uses the token in the environment instead of the key, and reports an API that does not respond', async () => {
  const { url, requests } = await openApi();
  const commands = await commandsOfDeployment(url);
  expect((await runCheck(commands, { WORKBENCH_CHECK_TOKEN: 'a-token' })).code).toBe(0);
  expect(requests[0]).toMatch(/Bearer a-token$/);
  const closed = await commandsOfDeployment('http://127.0.0.1:1');
  const { code, stdout } = await runCheck(closed);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^API +failed +GET http:\/\/127\.0\.0\.1:1\/health failed: /m);
});
