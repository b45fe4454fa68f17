import { describe, expect, it } from 'vitest';
import { aptFailure, parsePlan } from '../../../scripts/kits/apt.ts';

describe('parsePlan', () => {
  it('reads name, version and size, and sorts by name', () => {
    const output = [
      'Reading package lists...',
      "'http://m.example/debian/pool/main/n/zlib/zlib1g_1.3-1_amd64.deb' zlib1g_1%3a1.3.dfsg+really1.3.1-1+b1_amd64.deb 88892 SHA256:00ff",
      "'http://m.example/debian/pool/main/n/nginx/nginx_1.26.3-3+deb13u7_amd64.deb' nginx_1.26.3-3+deb13u7_amd64.deb 611612 MD5Sum:00",
    ].join('\n');
    expect(parsePlan(output)).toEqual([
      { name: 'nginx', version: '1.26.3-3+deb13u7', sizeBytes: 611_612 },
      { name: 'zlib1g', version: '1:1.3.dfsg+really1.3.1-1+b1', sizeBytes: 88_892 },
    ]);
  });
});

describe('aptFailure', () => {
  const apt = { suite: 'testing', mirrorUri: 'http://m.example/debian' };

  it.each([
    [
      'W: GPG error: http://m.example/debian testing InRelease: … NO_PUBKEY 6ED0E7B82643E131\nE: The repository … is not signed.',
      /keyring cannot check the signature of suite testing.*debian-archive-keyring/,
    ],
    [
      'E: Failed to fetch http://m.example/debian/dists/testing/InRelease  Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 4CB50190207B4758A3F73A796ED0E7B82643E131, which is needed to verify signature.',
      /keyring cannot check the signature/,
    ],
    [
      "E: The repository 'http://m.example/debian testing Release' does not have a Release file.",
      /is not there.*mirror that carries it/,
    ],
    ['E: Failed to fetch http://m.example/x.deb  404  Not Found [IP: 192.0.2.1 80]', /is not there/],
    ["E: Failed to fetch http://m.example/… Temporary failure resolving 'm.example'", /no connection to .*network/],
    ['E: Failed to fetch … Could not connect to m.example:80 (192.0.2.1), connection timed out', /no connection to/],
    ['E: Write error - write (28: No space left on device)', /disk is full.*WALLGUARD_KITS/],
    [
      'E: Unable to locate package nginx',
      /from suite testing of http:\/\/m\.example\/debian\. apt: E: Unable to locate package nginx/,
    ],
  ])('names the cause of %j', (stderr, message) => {
    expect(aptFailure(apt, 'the package lists cannot be fetched', stderr).message).toMatch(message);
  });

  it('is one line, however much apt says', () => {
    const stderr = Array.from({ length: 40 }, (_, index) => `E: failure ${index}`).join('\n');
    const { message } = aptFailure(apt, 'packages cannot be downloaded', stderr);
    expect(message.split('\n')).toHaveLength(1);
    expect(message.length).toBeLessThan(300);
  });
});
