import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildImage, type EngineHost } from '../../scripts/container/engine-api.ts';
import { repositoryRoot } from '../../scripts/kits/repository.ts';

/** Images that the container tests run. */
export const images = {
  /** As `docker build .` makes it. */
  default: 'wallguard-test:default',
  /** Stands in for an official NGINX image. */
  nginxBase: 'wallguard-test:nginx-base',
  /** Built on that. */
  onNginxBase: 'wallguard-test:on-nginx-base',
} as const;

/** @throws ContainerError with the end of a failed build's output */
export async function buildImages(host: EngineHost): Promise<void> {
  const product = { directory: repositoryRoot, context: buildContext() };
  // Both wait for a mirror most of the time.
  await Promise.all([
    buildImage(host, { ...product, image: images.default }),
    buildImage(host, {
      image: images.nginxBase,
      directory: path.join(repositoryRoot, 'test/container/nginx-base'),
      context: [],
    }),
  ]);
  await buildImage(host, {
    ...product,
    image: images.onNginxBase,
    buildArgs: { BASE: images.nginxBase, ENGINE: 'none' },
  });
}

/** What `.dockerignore` lets a client send: the engine itself is handed a finished context. */
function buildContext(): string[] {
  const lines = readFileSync(path.join(repositoryRoot, '.dockerignore'), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
}
