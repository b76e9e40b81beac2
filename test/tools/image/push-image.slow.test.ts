import { expect, it } from 'vitest';
import { FakeCommands } from '../deploy/fake-commands.ts';
import { linkedProject } from '../deploy/linked-project.ts';
import { stageFile } from '../deploy/stage-file.ts';
import { FakeEngine } from './fake-engine.ts';

const TOKEN = 'eyJwYXlsb2FkIjoic2VjcmV0LXRva2VuLW9mLWVjciJ9';
const REPOSITORY = '111122223333.dkr.ecr.us-west-1.amazonaws.com/staging-images';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const TOOL = 'tools/push-image.mjs';
const NOTHING = { images: [], failures: [{ failureCode: 'ImageNotFound' }] };
const PUSHED = { images: [{ imageId: { imageDigest: DIGEST, imageTag: 'latest' } }], failures: [] };

async function deployed() {
  const commands = await FakeCommands.of('aws');
  await commands.setOutput('aws sts get-caller-identity', {
    Account: '111122223333',
    Arn: 'arn:aws:iam::111122223333:user/ops',
  });
  await commands.setOutput('aws cloudformation describe-stacks', {
    Stacks: [{ Outputs: [{ OutputKey: 'ImageRepository', OutputValue: REPOSITORY }] }],
  });
  await commands.setOutput('aws ecr get-login-password', `${TOKEN}\n`);
  await commands.setOutput('aws ecr batch-get-image', NOTHING);
  const engine = await FakeEngine.start();
  engine.onPush = () => commands.setOutput('aws ecr batch-get-image', PUSHED);
  const push = async (args: readonly string[], settings: Readonly<Record<string, unknown>> = {}) => {
    const project = await linkedProject({ staging: stageFile(settings) });
    return commands.run(project, TOOL, ['--stage', 'staging', ...args], {
      DOCKER_HOST: `unix://${engine.socket}`,
    });
  };
  return { commands, engine, push };
}

it('builds the example image, pushes it with the tag of the settings, and prints the digest', async () => {
  const { commands, engine, push } = await deployed();
  const { code, stdout, stderr } = await push([]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(engine.calls.filter((call) => call === 'POST /build')).toHaveLength(2);
  expect(engine.builds).toEqual([
    { base: undefined, files: ['Dockerfile', 'code-server', 'start-code-server.sh'] },
    {
      base: 'workbench-base:latest',
      files: ['Dockerfile', 'activity.sh', 'boot.sh', 'healthy.sh', 'settings.json'],
    },
  ]);
  expect(engine.dockerfiles[1]).toMatch(/^HEALTHCHECK .* --start-interval=1s CMD /m);
  expect(engine.calls).toContain('POST /images/workbench-example:latest/tag');
  expect(engine.calls).toContain(`POST /images/${REPOSITORY}/push`);
  expect(engine.logins).toEqual([
    { username: 'AWS', password: TOKEN, serveraddress: '111122223333.dkr.ecr.us-west-1.amazonaws.com' },
  ]);
  expect(stdout).toContain(`"image": { "digest": "${DIGEST}" }`);
  expect(await commands.calls()).toContain(
    'aws cloudformation describe-stacks --stack-name workbench-staging-cluster --output json --region us-west-1',
  );
});

it('builds the example image without the start interval on an engine that does not know it, and says so', async () => {
  const { engine, push } = await deployed();
  engine.knowsStartInterval = false;
  const { code, stdout } = await push([]);
  expect(code).toBe(0);
  expect(stdout).toContain('does not know `--start-interval`');
  expect(engine.builds[1]?.files).toEqual([
    'Dockerfile',
    'activity.sh',
    'boot.sh',
    'healthy.sh',
    'settings.json',
  ]);
  expect(engine.dockerfiles[1]).toMatch(/^HEALTHCHECK .* --start-period=300s CMD /m);
});

it('builds the example image on the base that --base names', async () => {
  const { engine, push } = await deployed();
  expect((await push(['--base', 'registry.example/base:1'])).code).toBe(0);
  expect(engine.builds.map(({ base }) => base)).toEqual(['registry.example/base:1']);
});

it('shows the token neither in its output nor in command lines', async () => {
  const { commands, engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  engine.pushError = 'denied: not authorized';
  const { stdout, stderr } = await push(['--image', 'mine:1']);
  expect(engine.logins).toHaveLength(1);
  expect(stdout + stderr + (await commands.calls()).join('\n')).not.toContain(TOKEN);
});

it('pushes an existing image with --image', async () => {
  const { engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  expect((await push(['--image', 'mine:1'])).code).toBe(0);
  expect(engine.calls).not.toContain('POST /build');
  expect(engine.calls).toContain('POST /images/mine:1/tag');
});

it('overwrites `latest`, and rejects any other existing tag before it builds', async () => {
  const { commands, engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  await commands.setOutput('aws ecr batch-get-image', PUSHED);
  expect((await push(['--image', 'mine:1'])).code).toBe(0);
  const callsBefore = engine.calls.length;
  const pinned = await push([], { image: { tag: '1.0.0' } });
  expect(pinned.code).toBe(1);
  expect(pinned.stderr).toContain(`The repository already contains the tag 1.0.0 (${DIGEST})`);
  expect(engine.calls).toHaveLength(callsBefore);
});

it('uses the tag of the command line if the settings pin a digest', async () => {
  const { commands, engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  const pinned = { image: { digest: DIGEST } };
  const without = await push(['--image', 'mine:1'], pinned);
  expect(without.code).toBe(2);
  expect(without.stderr).toContain('pins a digest: push with --tag');
  expect((await push(['--image', 'mine:1', '--tag', '1.1.0'], pinned)).code).toBe(0);
  expect((await commands.calls()).some((call) => call.includes('imageTag=1.1.0'))).toBe(true);
});

it('exits with 2 and without a stack trace for invalid arguments, and calls nothing', async () => {
  const { commands, push } = await deployed();
  const { code, stderr } = await push(['--push']);
  expect(code).toBe(2);
  expect(stderr).toBe("Unknown option '--push'\nSee --help.\n");
  expect(await commands.calls()).toEqual([]);
});

it('rejects an image that the stage could not run, with every reason, and leaves no container behind', async () => {
  const { engine, push } = await deployed();
  engine.images.set('mine:1', 'arm64');
  engine.files.set('/workbench', { uid: 0, gid: 0 });
  engine.files.delete('/usr/bin/curl');
  const { code, stderr } = await push(['--image', 'mine:1']);
  expect(code).toBe(1);
  expect(stderr).toContain('mine:1 would not work with stages/staging.json');
  expect(stderr).toContain('It is built for arm64');
  expect(stderr).toContain('It has the folder /workbench, which belongs to 0:0');
  expect(stderr).toContain('It has none of curl, wget, bash and python3');
  expect(engine.logins).toEqual([]);
  expect(engine.containers).toEqual(new Set());
});

it('pushes such an image with --force', async () => {
  const { engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  engine.files.set('/workbench', { uid: 0, gid: 0 });
  const { code, stderr } = await push(['--image', 'mine:1', '--force']);
  expect(code).toBe(0);
  expect(stderr).toContain('It has the folder /workbench, which belongs to 0:0');
  expect(engine.logins).toHaveLength(1);
});

it('checks the image with the mount path and the health check of the stage', async () => {
  const { engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  engine.files.set('/workbench', { uid: 0, gid: 0 });
  engine.files.delete('/usr/bin/curl');
  const functions = { WB_MOUNT_PATH: '/data', WB_HEALTH_COMMAND: 'true' };
  expect((await push(['--image', 'mine:1'], { functions })).code).toBe(0);
  expect(engine.calls).toContain('GET /containers/c1/archive');
});

it('reports a missing image', async () => {
  const { push } = await deployed();
  const { code, stderr } = await push(['--image', 'mine:1']);
  expect(code).toBe(1);
  expect(stderr).toContain('has no image mine:1');
});

it('requires a deployed stage, which has the repository', async () => {
  const { commands, engine, push } = await deployed();
  await commands.fail(
    'aws cloudformation describe-stacks',
    'Stack with id workbench-staging-cluster does not exist',
  );
  const { code, stderr } = await push([]);
  expect(code).toBe(1);
  expect(stderr).toContain('does not exist');
  expect(stderr).toContain('npm run deploy -- --stage staging');
  expect(engine.calls).toEqual([]);
});

it('fails with the error of the registry', async () => {
  const { engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  engine.pushError = 'tag invalid: The image tag already exists and is immutable';
  const { code, stdout, stderr } = await push(['--image', 'mine:1']);
  expect(code).toBe(1);
  expect(stderr).toContain('is immutable');
  expect(stdout).not.toContain('Pushed.');
});

it('fails if the repository does not contain the image after the push', async () => {
  const { engine, push } = await deployed();
  engine.images.set('mine:1', 'amd64');
  engine.onPush = async () => {};
  const { code, stderr } = await push(['--image', 'mine:1']);
  expect(code).toBe(1);
  expect(stderr).toContain('was pushed, but the repository does not contain it');
});

it('reports a missing engine', async () => {
  const { commands } = await deployed();
  const project = await linkedProject({ staging: stageFile() });
  const { code, stderr } = await commands.run(project, TOOL, ['--stage', 'staging'], {
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
  });
  expect(code).toBe(1);
  expect(stderr).toContain('The socket /nowhere/docker.sock does not exist');
});

it('calls and pushes nothing in a dry run', async () => {
  const { commands, engine, push } = await deployed();
  const { code, stdout } = await push(['--dry-run'], { image: { tag: '1.0.0' } });
  expect(code).toBe(0);
  expect(stdout).toContain('<repository>:1.0.0, which must not exist yet');
  expect(await commands.calls()).toEqual([]);
  expect(engine.calls).toEqual([]);
});

it('bundles the gate into an image of its architecture, and pushes it with its version', async () => {
  const { commands, engine, push } = await deployed();
  const certificateArn = 'arn:aws:acm:us-west-1:111122223333:certificate/01234567';
  const gateway = { image: { tag: '1.2.0', architecture: 'arm64' }, certificateArn };
  const { code, stdout, stderr } = await push(['--gate'], { gateway });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(engine.builds).toEqual([{ base: undefined, files: ['Dockerfile', 'index.js', 'index.js.map'] }]);
  expect(engine.platforms).toEqual(['linux/arm64']);
  expect(engine.dockerfiles[0]).toMatch(/^USER 1000:1000$/m);
  expect(engine.calls).toContain('POST /images/workbench-gate:latest/tag');
  expect(await commands.calls()).toContainEqual(expect.stringContaining('imageTag=gate-1.2.0'));
  expect(stdout).toContain('`gateway` of stages/staging.json');
});

it('has no image of the gate for a stage without one', async () => {
  const { push } = await deployed();
  const { code, stderr } = await push(['--gate']);
  expect(code).toBe(2);
  expect(stderr).toContain('has no `gateway`');
});
