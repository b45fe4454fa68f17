import { defineConfig } from 'vitest/config';

/** Browsers, NGINX and containers start processes: beside each other they would starve on two cores. */
const withProcesses = { fileParallelism: true, maxWorkers: 2, testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'nginx', include: ['test/nginx/**/*.test.ts'], ...withProcesses } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...withProcesses, maxWorkers: 1 } },
      {
        test: {
          name: 'container',
          include: ['test/container/**/*.test.ts'],
          ...withProcesses,
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
