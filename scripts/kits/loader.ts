import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.ts';
import { KitError } from './kit-error.ts';

/**
 * The start of an argv that runs a program unpacked in `root` with the loader and libraries unpacked beside it, so that
 * neither the machine's C library nor root rights are needed: `[ld.so, '--library-path', directory]`.
 */
export function findLoader(root: string): string[] {
  const libraries = path.join(root, 'usr/lib');
  for (const triplet of readdirSync(libraries)) {
    if (!/-linux-gnu/.test(triplet)) continue;
    const directory = path.join(libraries, triplet);
    // ld-linux-x86-64.so.2, ld-linux-aarch64.so.1; ld64.so.2 on ppc64el
    const loader = readdirSync(directory).find((file) => /^ld(?:-linux-[\w-]+|64)\.so\.\d+$/.test(file));
    if (loader !== undefined) return [path.join(directory, loader), '--library-path', directory];
  }
  throw new KitError(`no dynamic loader below ${libraries}: libc6 was not unpacked`);
}

/**
 * Checks that programs and modules find every library inside `root`, so that nothing of the machine's own gets mixed in.
 *
 * @throws KitError that names the file and the library
 */
export async function checkLibraries(root: string, files: readonly string[]): Promise<void> {
  const loader = findLoader(root);
  for (const file of files) {
    const result = await runCommand([...loader, '--list', file]);
    const strays = result.stdout
      .split('\n')
      .filter((line) => line.includes('=>') && !line.includes(`=> ${root}/`))
      .map((line) => line.trim());
    if (result.code !== 0 || strays.length > 0) {
      throw new KitError(
        `${path.relative(root, file)} lacks libraries: ${[...strays, result.stderr.trim()].join(' ')}`,
      );
    }
  }
}
