/**
 * `nginx -t` on a copy of the configuration, without touching the host.
 *
 * Three kinds of failure are told apart, since only the first two are mistakes in the configuration: `syntax` (NGINX
 * cannot read it), `semantic` (it reads it and refuses what it says), `environment` (the machine lacks something: a
 * name that does not resolve, a certificate, a right).
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConfigTree } from '../nginx-conf/include.ts';
import { compareVersions } from './nginx-build.ts';
import type { NginxBuild } from './nginx-build.ts';
import { runCommand } from './run-command.ts';
import { stage } from './stage.ts';

/** One line of what NGINX said; paths are those of the host. */
export interface Diagnostic {
  readonly level: 'warn' | 'error' | 'crit' | 'alert' | 'emerg';
  readonly message: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** What came of a test. */
export interface TestVerdict {
  readonly outcome: 'passed' | 'syntax' | 'semantic' | 'environment';
  /** Warnings, too; the reason of a failure is the first that is no warning. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What to test. */
export interface TestInput {
  /** The configuration as it is, or as it would be. */
  readonly tree: ConfigTree;
  readonly build: NginxBuild;
  /** Planned changes that the tree was read with, by absolute path; undefined: the file will be gone. */
  readonly planned?: ReadonlyMap<string, Uint8Array | undefined>;
  readonly timeoutMs?: number;
  /** Called when the copy is made and NGINX is at work. */
  readonly onStart?: () => void;
}

/** Names of upstreams are resolved during the test, which may take long when a name server does not answer. */
const TIMEOUT_MS = 60_000;

/** Before this version NGINX opens the compiled-in error log whatever it is told (`-e`, nginx.org, switches). */
const OLDEST_VERSION = '1.19.5';

/**
 * Tests a configuration. Its own mistakes of syntax are told without asking NGINX.
 * @returns  the verdict; never rejects because of the configuration
 */
export async function testIsolated(input: TestInput): Promise<TestVerdict> {
  const { tree, build } = input;
  const [error] = tree.errors;
  if (error !== undefined) {
    const { message, at } = error;
    return { outcome: 'syntax', diagnostics: [{ level: 'emerg', message, file: at.file, line: at.line }] };
  }
  if (compareVersions(build.version, OLDEST_VERSION) < 0) {
    return failed(
      `NGINX ${build.version} cannot be tested apart from the host; ${OLDEST_VERSION} is the first that can`,
    );
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'wallguard-test-'));
  try {
    // Keys and secrets of the configuration are copied: nobody else may look. NGINX tests with our rights.
    await chmod(directory, 0o700);
    const copy = await stage(directory, { tree, build, planned: input.planned ?? new Map() });
    const timeoutMs = input.timeoutMs ?? TIMEOUT_MS;
    const argv = [build.command, '-t', '-p', build.prefix, '-e', copy.errorLogPath, '-c', copy.mainPath];
    const answer = runCommand(argv, { timeoutMs });
    input.onStart?.();
    const output = await answer;
    if (output.timedOut) return failed(`nginx -t gave no answer in ${timeoutMs / 1000} s; does a name not resolve?`);
    const diagnostics = parseDiagnostics(copy.toHost(output.stderr));
    if (output.code === 0) return { outcome: 'passed', diagnostics };
    const reason = diagnostics.find(({ level }) => level !== 'warn');
    if (reason === undefined) return failed(copy.toHost(output.stderr).trim() || `nginx -t ended with ${output.code}`);
    return { outcome: kindOf(reason.message), diagnostics };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function failed(message: string): TestVerdict {
  return { outcome: 'environment', diagnostics: [{ level: 'emerg', message, file: undefined, line: undefined }] };
}

/** Reads what `nginx -t` writes to standard error. */
export function parseDiagnostics(text: string): Diagnostic[] {
  const lines = text.matchAll(/^(?:nginx: |[\d/]+ [\d:]+ )\[(warn|error|crit|alert|emerg)\] (?:\d+#\d+: )?(.*)$/gm);
  return [...lines].map(([, level, said = '']) => {
    const [, message = said, file, line] = /^(.*) in (\/\S+):(\d+)$/.exec(said) ?? [];
    return {
      level: level as Diagnostic['level'],
      message,
      file,
      line: line === undefined ? undefined : Number(line),
    };
  });
}

const TOKENIZER =
  /^(?:unexpected (?:"|end of (?:file|parameter))|too long (?:parameter|lua)|Lua code block|invalid option)/;
/** What the operating system, name servers, user tables and key files answer. */
const OUTSIDE =
  /\(\d+: [^)]+\)|host not found|could not be resolved|no host in|getpwnam|getgrnam|cannot load certificate|BIO_new_file|dlopen\(\)|SSL_CTX_(?:use|load)/;

/** What kind of failure a message of NGINX tells. */
export function kindOf(message: string): Exclude<TestVerdict['outcome'], 'passed'> {
  if (TOKENIZER.test(message)) return 'syntax';
  return OUTSIDE.test(message) ? 'environment' : 'semantic';
}
