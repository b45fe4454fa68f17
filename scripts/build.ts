/** `npm run build`: the bundles, the CLI and the drop-in for default settings, into `dist/`. */
import { buildAll } from './bundle.ts';
import { gateBundles } from './bundle-gate.ts';

await buildAll();
await gateBundles((line) => process.stderr.write(`${line}\n`));
