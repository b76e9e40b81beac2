import type { TestProject } from 'vitest/node';
import { startEmulator } from '#tools/aws-emulators/emulator.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The endpoints of the emulators that all test files share: `http://127.0.0.1:port`. */
    emulators: { readonly moto: string; readonly ministack: string };
  }
}

/** Starts the emulators. They exit with this process, even if it is killed. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const [moto, ministack] = await Promise.all([startEmulator('patched-moto'), startEmulator('ministack')]);
  project.provide('emulators', { moto: moto.endpoint, ministack: ministack.endpoint });
  return async () => {
    await Promise.all([moto.stop(), ministack.stop()]);
  };
}
