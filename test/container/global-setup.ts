import type { TestProject } from 'vitest/node';
import { buildAll } from '../../scripts/bundle.ts';
import { provideEngine } from '../../scripts/container/engine.ts';
import { writeImageFiles } from '../../scripts/container/image-files.ts';
import { skipped } from '../requirement.ts';
import { buildImages } from './images.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why container tests are skipped; empty when they run. */
    noContainerEngine: string;
  }
}

/**
 * Provides an engine and the images, once for all container tests.
 *
 * @throws Error where there is no engine and `CI=true`
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const engine = await provideEngine();
  if ('reason' in engine) {
    skipped(engine.reason);
    project.provide('noContainerEngine', engine.reason);
    return undefined;
  }
  project.provide('noContainerEngine', '');
  // Read by testcontainers in the test processes, which inherit them.
  process.env['DOCKER_HOST'] = engine.host;
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  if (engine.publishedOn !== undefined) process.env['TESTCONTAINERS_HOST_OVERRIDE'] = engine.publishedOn;
  try {
    await buildAll();
    await writeImageFiles();
    await buildImages(engine.host);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return () => engine.stop();
}
