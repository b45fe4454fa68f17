import type { Check, Confidence, Severity } from './check.ts';

/** A message of the node, or of NGINX, that has one meaning. */
interface Signature {
  readonly pattern: RegExp;
  readonly means: string;
  readonly remedy: string;
  readonly snippet?: string;
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  /** Reported only when it comes at least this often: it is known to come once in a while. */
  readonly atLeast?: number;
}

/** wallarm-node.md 12, and what NGINX says when its own guarantees break. */
const SIGNATURES: readonly Signature[] = [
  {
    pattern: /exited with fatal code 2 and cannot be respawned/,
    means: 'workers end as soon as they start: nobody answers',
    remedy: 'look at the line before it; a missing working_directory is the usual cause',
    severity: 'error',
    confidence: 'likely',
  },
  {
    pattern: /worker process \d+ exited on signal 11/,
    means: 'a worker crashed',
    remedy: 'update the node, and keep the core file for the support of the vendor',
  },
  {
    pattern: /unknown directive "(?:wallarm_|disable_acl)/,
    means: 'the Wallarm module is not loaded: NGINX refused the configuration',
    remedy: 'load it first thing in nginx.conf',
    snippet: 'load_module modules/ngx_http_wallarm_module.so;',
  },
  {
    pattern: /"wallarm_\w+" directive is not allowed here/,
    means: 'a directive of the node stands in the wrong block: NGINX refused the configuration',
    remedy: 'put it into http, server or location',
  },
  {
    pattern: /ambiguous wallarm upstream backend/,
    means: 'both wallarm_api_conf and an upstream of postanalytics are set: NGINX refused the configuration',
    remedy: 'take one of them out',
  },
  {
    pattern: /"wallarm_tarantool_upstream" directive is deprecated/,
    means: 'the configuration has the name of before 6.0',
    remedy: 'write wallarm_wstore_upstream',
  },
  {
    pattern: /wallarm: opendir\(\) \[[^\]]*shm\] failed/,
    means: 'the shared memory of the rulesets is missing',
    remedy:
      'see that the directory exists and belongs to the user of the workers, then restart NGINX, which makes it anew',
  },
  {
    pattern: /WALLARM:ACL: unable to open database file/,
    means: 'the address lists cannot be read: denylisted addresses are not refused',
    remedy: 'correct the permissions; a restart of the wallarm service downloads the lists again',
  },
  {
    pattern: /WALLARM:ACL: (?:database is locked|No such file or directory)/,
    means: 'the address lists are busy or not there yet, and stay so',
    remedy: 'see that the node synchronises, and who may write the directory of the lists',
    confidence: 'likely',
    atLeast: 10,
  },
  {
    pattern: /wallarm: a message will not be serialized, messages memory limit has reached: \d+ >= \d+/,
    means: 'postanalytics is slower than the traffic: requests are missing from the attacks of the Console',
    remedy: 'give postanalytics more memory and processor, or the queue more room',
    snippet: 'wallarm_upstream_queue_memory_limit 200m;',
  },
  {
    // Up to 6.6.0 the attempt on ::1 was logged although the one on 127.0.0.1 succeeded.
    pattern: /wallarm: (?!\[::1\]).*connect\(\) failed/,
    means: 'postanalytics cannot be reached: requests are missing from the attacks of the Console',
    remedy: 'see that it runs and listens where the upstream says',
  },
  {
    pattern: /wallarm: \[::1\]\S* connect\(\) failed/,
    means: 'localhost is tried as an IPv6 address first, where the storage does not listen',
    remedy: 'write 127.0.0.1 in the upstream of postanalytics; before 6.6.0 this was a false alarm',
    severity: 'info',
  },
  {
    pattern: /wallarm: Could not send data to the Wallarm Cloud: certificate verify failed/,
    means: 'the certificate of the Cloud is not accepted: nothing is uploaded',
    remedy:
      'see the clock of this machine and its certificate authorities, and whether a proxy replaces the certificate',
  },
  {
    pattern: /wallarm: worker: \d+ overlimit time/,
    means: 'requests took longer to inspect than is allowed',
    remedy: 'see which requests these are before the limit is raised: attackers make them slow on purpose',
  },
  {
    pattern: /wallarm: memory limit allocated for proton\.db is exceeded/,
    means: 'rulesets take more memory than is allowed: requests are answered with 500',
    remedy: 'raise the limit',
    snippet: 'wallarm_general_ruleset_memory_limit 2g;',
  },
  {
    pattern: /wallarm: proton error: \d+/,
    means: 'the ruleset could not be applied',
    remedy: 'collect information for the support of the vendor',
  },
  {
    pattern: /JA4.*BoringSSL|BoringSSL.*JA4/i,
    means: 'this build has no fingerprints of TLS clients',
    remedy: 'use a build with OpenSSL, or switch wallarm_fingerprint off',
    severity: 'info',
  },
  {
    pattern: /connect\(\) failed \(111: Connection refused\) while connecting to upstream/,
    means: 'an application refuses connections',
    remedy: 'see that it runs, and that proxy_pass names its address',
  },
  {
    pattern:
      /(?:connect\(\) failed \(110: Connection timed out\)|upstream timed out \(110: Connection timed out\)) while connecting to upstream/,
    means: 'an application does not answer; its address may have changed since NGINX looked its name up',
    remedy: 'reload, or let NGINX look names up again (resolver)',
  },
  {
    pattern: /client intended to send too large body/,
    means: 'uploads are refused with 413',
    remedy: 'raise client_max_body_size where they are wanted',
    severity: 'info',
  },
  {
    pattern: /setrlimit\(RLIMIT_CORE[^)]*\) failed/,
    means: 'workers may not raise their limit of core files: a crash leaves none',
    remedy: 'set LimitCORE=infinity in the unit of NGINX',
  },
  {
    pattern: /ngx_slab_alloc\(\) failed: no memory in js shared zone "wallguard_/,
    means: 'a shared dictionary of wallguard is full: counters stop',
    remedy: 'write the configuration anew with "wallguard install"',
  },
  {
    pattern: /worker_connections are not enough/,
    means: 'connections are dropped: a worker has as many as it may',
    remedy: 'raise worker_connections, and worker_rlimit_nofile with it',
  },
];

/** Known messages in the error log that was given. */
export const check: Check<'errorLog'> = {
  id: 'error-log-signatures',
  title: 'The error log has a message that means trouble',
  category: 'error log',
  severity: 'warning',
  confidence: 'certain',
  needs: ['errorLog'],
  why: `These messages have one meaning and one thing to do about them. Each is reported once, where it first stands, with the
number of times. Other messages are not judged, and messages known to be harmless are left out, such as an option of the API
firewall that has "errors" in its name.

${SIGNATURES.map(({ pattern, means, remedy }) => `- \`${pattern.source.replaceAll('\\', '')}\`: ${means}; ${remedy}.`).join('\n')}`,

  *evaluate({ errorLog }) {
    const hits = SIGNATURES.map((signature) => ({ signature, count: 0, first: 0 }));
    for (const [index, line] of errorLog.lines.entries()) {
      const hit = hits.find(({ signature }) => signature.pattern.test(line));
      if (hit === undefined) continue;
      if (hit.count === 0) hit.first = index;
      hit.count++;
    }
    for (const { signature, count, first } of hits) {
      const { means, remedy, snippet, severity, confidence, atLeast = 1, pattern } = signature;
      if (count < atLeast) continue;
      const text = errorLog.lines[first] ?? '';
      const match = pattern.exec(text);
      const times = count === 1 ? '' : ` (${count} times)`;
      yield {
        at: {
          position: {
            file: errorLog.path,
            offset: 0,
            line: first + 1,
            column: Array.from(text.slice(0, match?.index)).length + 1,
          },
          length: Array.from(match?.[0] ?? '').length,
          excerpt: pattern.source,
        },
        message: `${means}${times}`,
        remedy,
        ...(snippet === undefined ? {} : { snippet }),
        ...(severity === undefined ? {} : { severity }),
        ...(confidence === undefined ? {} : { confidence }),
      };
    }
  },
};
