import { defineConfig } from 'vitest/config';

/**
 * Levels run one after the other, the cheap one first. Tests that start processes get two workers: on two cores more
 * of them would only make each other late.
 */
const level = (name: string, groupOrder: number, maxWorkers: number, testSeconds: number, hookSeconds: number) => ({
  name,
  include: [`test/${name}/**/*.test.ts`],
  sequence: { groupOrder },
  maxWorkers,
  testTimeout: testSeconds * 1000,
  hookTimeout: hookSeconds * 1000,
});

export default defineConfig({
  test: {
    projects: [
      { test: level('unit', 0, 2, 20, 20) },
      { test: level('nginx', 1, 2, 60, 120) },
      { test: level('browser', 2, 1, 60, 120) },
      { test: { ...level('container', 3, 1, 300, 600), globalSetup: ['test/container/global-setup.ts'] } },
    ],
  },
});
