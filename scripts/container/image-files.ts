import path from 'node:path';
import { dropIn } from '../../tools/src/commands/generate.ts';
import { writeDropIn } from '../../tools/src/commands/write-drop-in.ts';
import { loadSettings } from '../../tools/src/settings/load-settings.ts';
import { repositoryRoot } from '../kits/repository.ts';

/** Engines that the image can be built with: `--build-arg ENGINE=…`. */
const IMAGE_ENGINES = ['modsecurity', 'none'] as const;

/**
 * Writes `dist/image/ENGINE/`, the drop-in of the container image for `docker/wallguard.yaml`, so that the image needs
 * no Node. The njs bundles in `dist/njs/` must be built.
 *
 * @throws UserError with every mistake in the settings
 */
export async function writeImageFiles(): Promise<void> {
  for (const engine of IMAGE_ENGINES) {
    const loaded = await loadSettings('docker/wallguard.yaml', repositoryRoot, [
      { path: ['engine'], value: engine, option: 'ENGINE' },
    ]);
    const files = await dropIn(loaded);
    await writeDropIn(path.join(repositoryRoot, 'dist/image', engine), files, { force: true });
  }
}
