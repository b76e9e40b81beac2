import { readdir } from 'node:fs/promises';
import { StartError } from '#adapters/http-server/listen.ts';
import { ContainerTaskRunner } from '#adapters/local/containers/container-task-runner.ts';
import { Engine } from '#adapters/local/containers/engine.ts';
import type { EngineInfo } from '#adapters/local/containers/engine-responses.ts';
import { EngineUnusable, findSocket } from '#adapters/local/containers/engine-socket.ts';
import { Images, PullFailed } from '#adapters/local/containers/images.ts';
import { ProcessTaskRunner } from '#adapters/local/processes/process-task-runner.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { EXAMPLE_IMAGE } from './local-settings.ts';
import type { Runtime, RuntimeOptions } from './runtime-port.ts';
import type { LocalSettings } from './settings.ts';

type ContainerSettings = Pick<
  LocalSettings,
  'image' | 'engineSocket' | 'dockerHost' | 'functions' | 'keepPrefix'
>;

/**
 * Returns the runtime that runs workbenches as containers. Checks first that an engine responds and that it has the
 * image or can pull it.
 * @throws StartError with a message that says what to do
 */
export async function chooseContainerRuntime(settings: ContainerSettings): Promise<Runtime> {
  const { image, functions } = settings;
  const { engine, info } = await connectEngine(settings);
  const images = new Images(engine, systemTimers);
  const imageState = await probeImage(images, image, info);
  return {
    summary: [
      ['They run', `containers of ${image}${imageState === 'present' ? '' : ' (being pulled)'}`],
      ['Engine', `${info.name}${info.rootless ? ' (rootless)' : ''} at ${engine.socket}`],
    ],
    gpuCount: info.gpus ? await countGpus() : 0,
    async open(options) {
      await stopLeftoverProcesses(options);
      return await ContainerTaskRunner.open({
        ...options,
        engine,
        engineInfo: info,
        image,
        images,
        bootCommand: functions.WB_BOOT_COMMAND,
        keepPrefix: settings.keepPrefix,
        port: functions.WB_CONTAINER_PORT,
        mountPath: functions.WB_MOUNT_PATH,
      });
    },
  };
}

async function connectEngine(settings: ContainerSettings): Promise<{ engine: Engine; info: EngineInfo }> {
  try {
    const socket = findSocket({
      socket: settings.engineSocket,
      dockerHost: settings.dockerHost,
      home: process.env.HOME,
      runtimeDir: process.env.XDG_RUNTIME_DIR,
    });
    const engine = new Engine(socket);
    return { engine, info: await engine.readInfo() };
  } catch (error) {
    if (error instanceof EngineUnusable) throw new StartError(error.message, error);
    throw error;
  }
}

async function probeImage(images: Images, image: string, info: EngineInfo): Promise<'present' | 'pulling'> {
  try {
    return await images.probe(image);
  } catch (error) {
    if (!(error instanceof PullFailed)) throw error;
    const advice =
      image === EXAMPLE_IMAGE
        ? 'Build it with `npm run image:build`, or set WB_IMAGE to another image.'
        : `Correct WB_IMAGE, pull the image yourself (its registry may need a login), or unset WB_IMAGE and build the example with \`npm run image:build\`.`;
    throw new StartError(
      `${info.name} does not have the image ${image} and cannot pull it: ${error.message}\n${advice}`,
      error,
    );
  }
}

/** Ends the processes of a killed server, so that they do not share files with a container. */
async function stopLeftoverProcesses(options: RuntimeOptions): Promise<void> {
  const command = { kind: 'boot command', file: '/bin/false', args: () => [] } as const;
  const { onChange: _, ...rest } = options;
  await (await ProcessTaskRunner.open({ ...rest, command })).close();
}

/** Counts the GPUs that the NVIDIA driver reports. Returns 0 without this driver. */
async function countGpus(): Promise<number> {
  return (await readdir('/proc/driver/nvidia/gpus').catch(() => [])).length;
}
