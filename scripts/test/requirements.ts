/** What tests need from the machine beyond Node and the kits. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

export interface Requirement {
  /** What tests do with it. */
  readonly purpose: string;
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  readonly isMet: () => boolean;
}

export const requirements = {
  chromium: {
    purpose: 'the blocking page in a real browser',
    packages: ['chromium', 'fonts-dejavu-core'],
    isMet: () => findProgram('chromium') !== undefined,
  },
  compiler: {
    purpose: 'building the double of the Wallarm module',
    packages: ['gcc', 'make', 'libc6-dev'],
    isMet: () => ['gcc', 'make'].every((name) => findProgram(name) !== undefined) && existsSync('/usr/include/stdio.h'),
  },
  openssl: {
    purpose: 'certificates for tests over TLS',
    packages: ['openssl'],
    isMet: () => findProgram('openssl') !== undefined,
  },
} as const satisfies Readonly<Record<string, Requirement>>;

export type RequirementName = keyof typeof requirements;

const requirementNames = Object.keys(requirements) as RequirementName[];

/** Requirements that this machine does not meet. */
export function unmet(): RequirementName[] {
  return requirementNames.filter((name) => !requirements[name].isMet());
}

/** Why tests that need this are skipped, with the line that helps; undefined when they run. */
export function reasonAgainst(name: RequirementName): string | undefined {
  const { purpose, packages, isMet } = requirements[name];
  return isMet() ? undefined : `no ${name} for ${purpose}: ${aptLine(packages)}`;
}

/** The command an administrator would type. */
export function aptLine(packages: readonly string[]): string {
  return `apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/**
 * Installs the packages of what is missing.
 *
 * @returns why that failed; undefined when it did not
 */
export function install(names: readonly RequirementName[]): string | undefined {
  const packages = names.flatMap((name) => requirements[name].packages);
  const apt = (args: readonly string[]): boolean =>
    spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      // standard output stays free for the tests' own
      stdio: ['ignore', 2, 2],
    }).status === 0;
  const options = ['install', '--yes', '--quiet', '--no-install-recommends', ...packages];
  // A machine that was never updated has no lists, and old lists name files that the mirror no longer has.
  if (apt(options) || (apt(['update', '--quiet']) && apt(options))) return undefined;
  return `apt-get could not install ${packages.join(' ')}; its own message is above`;
}

/** Absolute path of a program, or undefined. The administrator's directories count although a user's PATH lacks them. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => path.join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
