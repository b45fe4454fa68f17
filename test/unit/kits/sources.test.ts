import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  debianMirror,
  parseDeb822Sources,
  parseOneLineSources,
  readAptSources,
  type AptSource,
} from '../../../scripts/kits/sources.ts';

function aptSource(uri: string, suite: string, signedBy?: string, components: readonly string[] = ['main']): AptSource {
  return { uri, suite, components, origin: 'test:1', ...(signedBy === undefined ? {} : { signedBy }) };
}

describe('parseOneLineSources', () => {
  it('reads options, suite and components and says where', () => {
    const text = [
      '# deb http://commented.example/debian trixie main',
      'deb-src http://mirror.example/debian trixie main',
      'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.example/debian trixie main contrib # rest',
    ].join('\n');
    expect(parseOneLineSources(text, '/etc/apt/sources.list')).toEqual([
      {
        uri: 'http://mirror.example/debian',
        suite: 'trixie',
        components: ['main', 'contrib'],
        signedBy: '/usr/share/keyrings/a.gpg',
        origin: '/etc/apt/sources.list:3',
      },
    ]);
  });

  it('reads an installation disc, whose name has spaces', () => {
    const [source] = parseOneLineSources('deb cdrom:[Debian GNU/Linux 13 _Trixie_]/ trixie main', 'f');
    expect(source?.uri).toBe('cdrom:[Debian GNU/Linux 13 _Trixie_]/');
    expect(source?.suite).toBe('trixie');
  });
});

describe('parseDeb822Sources', () => {
  it('combines every URI with every suite, stanza by stanza', () => {
    const text = [
      'Types: deb deb-src',
      'URIs: http://one.example/debian',
      '  http://two.example/debian',
      'Suites: trixie trixie-updates',
      'Components: main',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
      'Types: deb',
      '# a comment inside a stanza',
      'URIs: http://three.example/debian-security',
      'Suites: trixie-security',
      'Components: main',
    ].join('\n');
    const sources = parseDeb822Sources(text, 'debian.sources');
    expect(sources.map((source) => `${source.uri} ${source.suite} ${source.origin}`)).toEqual([
      'http://one.example/debian trixie debian.sources:1',
      'http://one.example/debian trixie-updates debian.sources:1',
      'http://two.example/debian trixie debian.sources:1',
      'http://two.example/debian trixie-updates debian.sources:1',
      'http://three.example/debian-security trixie-security debian.sources:8',
    ]);
    expect(sources[0]?.signedBy).toBe('/usr/share/keyrings/debian-archive-keyring.gpg');
  });

  it('passes over disabled stanzas and stanzas of source packages', () => {
    const stanza = (extra: string): string => `Types: deb\nURIs: http://m.example/debian\nSuites: sid\n${extra}`;
    expect(parseDeb822Sources(stanza('Enabled: no'), 'f')).toEqual([]);
    expect(parseDeb822Sources(stanza('').replace('deb', 'deb-src'), 'f')).toEqual([]);
    expect(parseDeb822Sources(stanza('Enabled: yes'), 'f')).toHaveLength(1);
  });

  it('does not take an embedded key block for a path', () => {
    const text =
      'Types: deb\nURIs: http://m.example/debian\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN PGP\n .\n mQ/abc';
    expect(parseDeb822Sources(text, 'f')[0]).not.toHaveProperty('signedBy');
  });
});

describe('debianMirror', () => {
  const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

  it('takes the archive that the Debian keyring signs, wherever it stands in the list', () => {
    const mirror = debianMirror([
      aptSource('http://unsigned.example/debian', 'trixie'),
      aptSource('http://mirror.example/pub/dists', 'bookworm', debianKeyring),
    ]);
    expect(mirror).toEqual({ uri: 'http://mirror.example/pub/dists', signedBy: debianKeyring, origin: 'test:1' });
  });

  it.each([
    ['security', aptSource('http://mirror.example/debian-security', 'trixie-security', debianKeyring)],
    ['security under the suite of older releases', aptSource('http://security.example/debian', 'buster/updates')],
    ['third party with a Debian suite', aptSource('http://php.example/php', 'bookworm', '/etc/apt/keyrings/php.gpg')],
    ['third party below /debian', aptSource('http://x.example/debian', 'bookworm', '/etc/apt/keyrings/x.gpg')],
    ['third party with its own component', aptSource('http://x.example/debian', 'bookworm', undefined, ['stable'])],
    ['third party without a key', aptSource('http://cloud.example/apt', 'bookworm')],
    ['another distribution', aptSource('http://archive.example/ubuntu', 'noble')],
    ['backports, which are no full suite', aptSource('http://m.example/debian', 'bookworm-backports', debianKeyring)],
    ['a disc', aptSource('cdrom:[Debian]/', 'trixie', debianKeyring)],
  ])('passes over %s', (_name, source) => {
    expect(debianMirror([source])).toBeUndefined();
  });

  it.each(['http://m.example/debian', 'http://m.example/debian/', 'http://s.example/archive/debian/20250520T000000Z/'])(
    'knows %s by its path when no key is named',
    (uri) => {
      expect(debianMirror([aptSource(uri, 'trixie')])?.uri).toBe(uri);
    },
  );

  it('takes a mirror list as cloud images have it', () => {
    const uri = 'mirror+file:/etc/apt/mirrors/debian.list';
    expect(debianMirror([aptSource(uri, 'trixie')])?.uri).toBe(uri);
  });
});

describe('readAptSources', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'wallguard-apt-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('reads both formats and nothing else', () => {
    mkdirSync(path.join(directory, 'sources.list.d'));
    writeFileSync(path.join(directory, 'sources.list'), 'deb http://a.example/debian sid main\n');
    writeFileSync(path.join(directory, 'sources.list.d/b.list'), 'deb http://b.example/debian sid main\n');
    writeFileSync(path.join(directory, 'sources.list.d/c.list.save'), 'deb http://c.example/debian sid main\n');
    writeFileSync(
      path.join(directory, 'sources.list.d/d.sources'),
      'Types: deb\nURIs: http://d.example\nSuites: sid\n',
    );
    expect(readAptSources(directory).map((source) => source.uri)).toEqual([
      'http://a.example/debian',
      'http://b.example/debian',
      'http://d.example',
    ]);
  });

  it('finds nothing in a directory that is not there', () => {
    expect(readAptSources(path.join(directory, 'none'))).toEqual([]);
  });
});
