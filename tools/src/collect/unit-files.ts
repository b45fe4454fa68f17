/**
 * Properties of a systemd unit from its files, for a machine that cannot be asked (systemd.unit(5), "unit load path").
 */
import { absent, isNotKnown, present } from '../evidence/evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { UnitProperties } from '../evidence/host-facts.ts';

/** Directories of unit files; the first wins. */
const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** Reading of files, as far as it is needed here. */
export interface UnitFiles {
  text(path: string): Promise<Evidence<string>>;
  list(path: string): Promise<Evidence<readonly string[]>>;
}

/** Settings of the unit's file and its drop-ins, named as in the file; switches as `yes` and `no`. */
export async function unitFromFiles(name: string, files: UnitFiles): Promise<Evidence<UnitProperties>> {
  const texts: string[] = [];
  for (const directory of UNIT_DIRECTORIES) {
    const unit = await files.text(`${directory}/${name}`);
    if (isNotKnown(unit)) return unit;
    if (unit.state === 'present') {
      texts.push(unit.value);
      break;
    }
  }
  if (texts.length === 0) return absent(`there is no unit ${name}`);
  // A drop-in hides those of the same name in later directories; all of them apply in the order of their names.
  const dropIns = new Map<string, string>();
  for (const directory of UNIT_DIRECTORIES) {
    const listed = await files.list(`${directory}/${name}.d`);
    if (isNotKnown(listed)) return listed;
    for (const file of listed.state === 'present' ? listed.value : []) {
      if (!file.endsWith('.conf') || dropIns.has(file)) continue;
      const dropIn = await files.text(`${directory}/${name}.d/${file}`);
      if (isNotKnown(dropIn)) return dropIn;
      if (dropIn.state === 'present') dropIns.set(file, dropIn.value);
    }
  }
  for (const file of [...dropIns.keys()].sort()) texts.push(dropIns.get(file) ?? '');
  return present(Object.assign({}, ...texts.map(parseUnitFile)) as UnitProperties);
}

/** All settings of all sections; a repeated one has its last value. */
function parseUnitFile(text: string): UnitProperties {
  const properties: Record<string, string> = {};
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const [, key, value = ''] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) properties[key] = switchWord(value);
  }
  return properties;
}

function switchWord(value: string): string {
  if (/^(?:yes|true|on)$/i.test(value)) return 'yes';
  return /^(?:no|false|off)$/i.test(value) ? 'no' : value;
}
