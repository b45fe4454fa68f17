import { isNotKnown } from '../evidence/evidence.ts';
import {
  bundleImports,
  generatorVersion,
  importedFile,
  isInstalled,
  noWallguard,
} from '../evidence/wallguard-parts.ts';
import { atFile } from './check.ts';
import type { Check } from './check.ts';

/** Files of different versions of wallguard work together, or should. */
export const check: Check<'config' | 'host' | 'wallguard'> = {
  id: 'wallguard-version',
  title: 'Files of wallguard come from different versions',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host', 'wallguard'],
  why: `The configuration names functions of the bundles, and the bundles rely on variables of the configuration. When they
were written by different versions, names may not fit: requests are then served with parts of the telemetry, or of the
blocking page, missing. That all of them are older than the \`wallguard\` that looks is only worth a note.`,

  *asks({ config }) {
    for (const node of bundleImports(config)) yield { kind: 'text', of: importedFile(config, node) };
  },

  *evaluate({ config, host, wallguard }) {
    if (!isInstalled(config)) {
      yield noWallguard;
      return;
    }
    const written = new Map<string, string>();
    for (const { path, latin1 } of config.tree.files) {
      const version = generatorVersion(latin1);
      if (version !== undefined) written.set(path, version);
    }
    for (const node of bundleImports(config)) {
      const path = importedFile(config, node);
      const text = host.ask('text', path);
      if (isNotKnown(text)) yield { unknown: text.reason };
      const version = text.state === 'present' ? generatorVersion(text.value) : undefined;
      if (version !== undefined) written.set(path, version);
    }
    const [first] = written;
    if (first === undefined) return;
    const remedy = 'write all of them anew with "wallguard install"';
    const [reference, expected] = first;
    const others = [...written].filter(([, version]) => version !== expected);
    for (const [path, version] of others) {
      const message = `written by wallguard ${version}, while ${reference} is from ${expected}`;
      yield { at: atFile(path), message, remedy };
    }
    if (others.length === 0 && expected !== wallguard.version) {
      const message = `written by wallguard ${expected}, and this is ${wallguard.version}`;
      yield { at: atFile(reference), message, remedy, severity: 'info' };
    }
  },
};
