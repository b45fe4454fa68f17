/** `npm run build`: the bundles, the CLI and the files of the container image, into `dist/`. */
import { buildAll } from './bundle.ts';
import { gateBundles } from './bundle-gate.ts';
import { writeImageFiles } from './container/image-files.ts';

await buildAll();
await writeImageFiles();
await gateBundles((line) => process.stderr.write(`${line}\n`));
