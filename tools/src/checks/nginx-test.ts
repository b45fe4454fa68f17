import type { NginxTest } from '../evidence/facts.ts';
import { atFile } from './check.ts';
import type { Check, Finding, Severity } from './check.ts';

type Diagnostic = NginxTest['diagnostics'][number];

/** What NGINX itself says of the configuration. */
export const check: Check<'config' | 'nginxTest'> = {
  id: 'nginx-test',
  title: 'NGINX refuses the configuration, or warns about it',
  category: 'syntax',
  severity: 'error',
  confidence: 'certain',
  needs: ['config', 'nginxTest'],
  why: `\`nginx -t\` knows best whether NGINX would load a configuration, and it is not read-only: it creates log files and
the pid file and, as root, changes the owner of directories for temporary files. So it runs on a copy in which all of
these lead elsewhere. \`--host-nginx-t\` runs the real one instead and reports what it changed.

Three kinds of failure are told apart: **syntax** and **semantics** are mistakes in the configuration and errors; with the
**environment** (a name that does not resolve, a certificate that is missing here) NGINX understands the configuration and
would not load it on this machine: a warning.

That the test is passed means little for the other checks: it accepts timeouts of zero and directories that do not exist.`,
  reference: 'https://nginx.org/en/docs/switches.html',

  *evaluate({ config, nginxTest }) {
    const { outcome, diagnostics } = nginxTest;
    const reason = diagnostics.find(({ level }) => level !== 'warn');
    for (const diagnostic of diagnostics) {
      if (diagnostic.level === 'warn') yield warning(diagnostic, config.tree.mainPath);
    }
    if (outcome === 'syntax' && config.tree.errors.length > 0) {
      yield { skipped: 'NGINX stops at the mistakes that the check "syntax" reports' };
    } else if (outcome !== 'passed' && reason !== undefined) {
      if (outcome === 'environment' && /\(13: Permission denied\)/.test(reason.message)) {
        yield { unknown: `nginx -t needs the rights of the user who starts NGINX: ${reason.message}` };
      } else {
        yield failure(outcome, reason, config.tree.mainPath);
      }
    }
    for (const change of nginxTest.changed) {
      yield {
        at: atFile(config.tree.mainPath, 1, change),
        message: `nginx -t changed this machine: ${change}`,
        remedy: 'put it back if NGINX runs as another user, or leave out --host-nginx-t',
        severity: 'warning',
      };
    }
  },
};

function failure(outcome: Exclude<NginxTest['outcome'], 'passed'>, reason: Diagnostic, mainPath: string): Finding {
  const kinds = {
    syntax: { prefix: 'NGINX cannot read it', severity: 'error', remedy: 'correct the syntax' },
    semantic: { prefix: 'NGINX refuses it', severity: 'error', remedy: 'correct what it says' },
    environment: {
      prefix: 'NGINX would not load it on this machine',
      severity: 'warning',
      remedy: 'provide what is missing here; the configuration itself was understood',
    },
  } as const;
  const { prefix, severity, remedy } = kinds[outcome];
  return finding(reason, mainPath, `${prefix}: ${reason.message}`, remedy, severity);
}

/** The vendor's own status file draws this one (reference: validators-and-doctors.md, finding 5): nothing is wrong. */
const STOCK = /^low address bits of 127\.0\.0\.8\/8 are meaningless$/;

function warning(diagnostic: Diagnostic, mainPath: string): Finding {
  if (STOCK.test(diagnostic.message)) {
    const message = `${diagnostic.message}: the vendor's default is written so, and it does no harm`;
    return finding(diagnostic, mainPath, message, 'leave it as it is', 'info');
  }
  return finding(diagnostic, mainPath, `NGINX warns: ${diagnostic.message}`, 'see what it warns about', 'warning');
}

function finding(
  { file, line, message: excerpt }: Diagnostic,
  mainPath: string,
  message: string,
  remedy: string,
  severity: Severity,
): Finding {
  return { at: atFile(file ?? mainPath, line ?? 1, excerpt), message, remedy, severity };
}
