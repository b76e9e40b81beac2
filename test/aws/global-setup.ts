import type { TestProject } from 'vitest/node';
import { startEmulator } from '#tools/aws-emulators/emulator.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the emulators are that all test files share: `http://127.0.0.1:port`. */
    emulators: { readonly moto: string; readonly ministack: string };
  }
}

/** Starts them. They end with this process, however it ends. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const [moto, ministack] = await Promise.all([startEmulator('patched-moto'), startEmulator('ministack')]);
  project.provide('emulators', { moto: moto.endpoint, ministack: ministack.endpoint });
  return async () => {
    await Promise.all([moto.stop(), ministack.stop()]);
  };
}
