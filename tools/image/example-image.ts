import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '#adapters/local/containers/engine.ts';
import { findSocket } from '#adapters/local/containers/engine-socket.ts';
import { type Build, IMAGE_FOLDER, ImageEngine } from './engine-build.ts';

/** The tag of the base that is built here. */
const BASE_TAG = 'workbench-base:latest';
const BASE_FOLDER = 'base';
/** The folder of the image of the gate. */
const GATE_FOLDER = 'gate';

/**
 * Finds the container engine at `WB_DOCKER_SOCKET` or `DOCKER_HOST`, otherwise the first one on this computer.
 * @throws EngineUnusable
 */
export async function findEngine(): Promise<{ readonly engine: ImageEngine; readonly description: string }> {
  const { WB_DOCKER_SOCKET, DOCKER_HOST, HOME, XDG_RUNTIME_DIR } = process.env;
  const socket = findSocket({
    socket: WB_DOCKER_SOCKET || undefined,
    dockerHost: DOCKER_HOST || undefined,
    home: HOME,
    runtimeDir: XDG_RUNTIME_DIR,
  });
  const { name } = await new Engine(socket).readInfo();
  return { engine: new ImageEngine(socket), description: `${name} at ${socket}` };
}

/**
 * Builds the example workbench image.
 * @param base An image of the engine or of a registry. Without it the base is built from image/base/Dockerfile.
 * @throws BuildError With the message of the engine.
 */
export async function buildExampleImage(
  engine: ImageEngine,
  tag: string,
  base: string | undefined,
): Promise<void> {
  if (base === undefined) {
    await engine.build({ tag: BASE_TAG, context: join(IMAGE_FOLDER, BASE_FOLDER), dockerfile: 'Dockerfile' });
  }
  const build: Build = {
    tag,
    context: IMAGE_FOLDER,
    exclude: [BASE_FOLDER, GATE_FOLDER],
    dockerfile: 'Dockerfile',
    arguments: { BASE: base ?? BASE_TAG },
  };
  try {
    await engine.build(build);
  } catch (error) {
    if (!isMissingStartInterval(error)) throw error;
    console.log(
      'This engine does not know `--start-interval`, so starts on AWS take about 4 s longer with this image. Docker 25 and current versions of podman know it.',
    );
    await buildWithoutStartInterval(engine, build);
  }
}

/** The Dockerfile parser of an older engine (podman 4, Docker 24) stops at the flag and names it. */
function isMissingStartInterval(error: unknown): boolean {
  return error instanceof Error && /flag.*start-interval/is.test(error.message);
}

async function buildWithoutStartInterval(engine: ImageEngine, build: Build): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'workbench-image-'));
  try {
    const excluded = new Set(build.exclude?.map((name) => join(build.context, name)));
    await cp(build.context, context, {
      recursive: true,
      dereference: true,
      filter: (source) => !excluded.has(source),
    });
    const dockerfile = join(context, build.dockerfile);
    await writeFile(dockerfile, (await readFile(dockerfile, 'utf8')).replace(/ --start-interval=\S+/, ''));
    await engine.build({ ...build, context });
  } finally {
    await rm(context, { recursive: true });
  }
}
