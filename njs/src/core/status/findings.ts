import type { FindingCode, FindingSeverity, StatusFinding } from '../../../../schema/status.ts';
import { excerpt } from './answer.ts';

/** What a remedy depends on. */
export interface ServiceContext {
  readonly engine: 'wallarm' | 'modsecurity' | 'none';
  /** Generation of the node; 0 when wallguard is the service itself. */
  readonly generation: 0 | 5 | 6 | 7;
  readonly flavour: 'aio' | 'image' | 'docker' | 'ingress';
  /** Such as `6.13.0`. */
  readonly nodeVersion: string;
  /** `http://127.0.0.8:80/wallarm-status` */
  readonly url: string;
}

/** A finding with the words that belong to its code. `evidence` is cut and escaped here. */
export function finding(code: FindingCode, evidence: string, context: ServiceContext): StatusFinding {
  return {
    code: code,
    severity: severity(code),
    message: message(code, context),
    evidence: excerpt(evidence),
    remedy: context.generation === 0 ? ownRemedy(code) : nodeRemedy(code, context),
  };
}

/** `error` is what makes the verdict `broken`: the node's uploader gets no numbers, or the node does not work. */
function severity(code: FindingCode): FindingSeverity {
  switch (code) {
    case 'status-restarted':
    case 'status-unknown':
      return 'info';
    case 'status-keys-differ':
    case 'rulesets-fallback':
    case 'postanalytics-errors':
      return 'warning';
    default:
      return 'error';
  }
}

function message(code: FindingCode, context: ServiceContext): string {
  const at = context.url;
  switch (code) {
    case 'status-unknown':
      return 'no poll of ' + at + ' ended in time';
    case 'status-refused':
      return at + ' refuses connections';
    case 'status-timeout':
      return at + ' gave no answer in time';
    case 'status-unreadable':
      return at + ' did not answer in HTTP that can be read';
    case 'status-not-found':
      return at + ' is missing, or another server answers in its place';
    case 'status-forbidden':
      return at + ' is denied to the node itself';
    case 'status-unexpected-code':
      return at + ' answers with another status than 200';
    case 'status-prometheus':
      return at + ' answers in Prometheus text where JSON is expected';
    case 'status-html':
      return at + ' answers with an HTML page where JSON is expected';
    case 'status-truncated':
      return 'the JSON of ' + at + ' ends too early';
    case 'status-invalid-json':
      return at + ' answers with something that is not a JSON object';
    case 'status-keys-missing':
      return 'the JSON of ' + at + ' lacks keys that every node has';
    case 'status-keys-differ':
      return 'the JSON lacks keys that node ' + context.nodeVersion + ' has';
    case 'status-frozen':
      return 'the node counts no requests while NGINX serves them';
    case 'status-stale':
      return 'the counters grow, the timestamp of the last request does not';
    case 'status-restarted':
      return 'the node was restarted, its counters began anew';
    case 'rulesets-failed':
      return 'rulesets could not be loaded: the node does not filter where they apply';
    case 'rulesets-fallback':
      return 'rulesets were loaded from their backup, because the fresh ones failed';
    case 'postanalytics-errors':
      return 'requests could not be handed to postanalytics: their attacks will be missing';
    case 'segfaults':
      return 'NGINX workers died';
  }
}

/** Remedies for a Wallarm node. Source: wallarm-node.md 1.7, 10.1, 10.3, 10.4, 10.7. */
function nodeRemedy(code: FindingCode, context: ServiceContext): string {
  const file = configurationFile(context.flavour);
  const restore = restoreDefault(context);
  switch (code) {
    case 'status-unknown':
      return 'Ask again; if it stays, look for "wallguard" in the error log of NGINX.';
    case 'status-refused':
      return 'Check that "listen ' + address(context) + ';" still stands in ' + file + '. ' + restore;
    case 'status-timeout':
      return 'Look for workers that do not answer (stalled or at 100 % CPU), and raise status_service.poll_timeout only if the node is merely slow.';
    case 'status-unreadable':
      return 'Find out what listens on ' + address(context) + ' (ss -ltnp); only the node may. ' + restore;
    case 'status-not-found':
      return 'Look for another server on ' + address(context) + ' that shadows the default one (nginx -T). ' + restore;
    case 'status-forbidden':
      return (
        'Keep the allow line for 127.0.0.0/8 before "deny all;" and \'disable_acl "on";\' in ' + file + '. ' + restore
      );
    case 'status-unexpected-code':
    case 'status-html':
    case 'status-invalid-json':
    case 'status-keys-missing':
      return 'Something else answers, or the default lines were changed. ' + restore;
    case 'status-prometheus':
      return (
        'Take format=prometheus out of the default location; for Prometheus add a second location, or scrape the monitor of wallguard. ' +
        restore
      );
    case 'status-truncated':
      return (
        'Look in the error log of NGINX for workers that died, and for limits or filters put on ' +
        file +
        '. ' +
        restore
      );
    case 'status-keys-differ':
      return 'Set node.version in the settings of wallguard to the version that runs.';
    case 'status-frozen':
      return 'Find where the filtration mode is off: wallarm_mode in the protected servers, and the Wallarm Console, which may override it. After a first installation restart NGINX once.';
    case 'status-stale':
      return (
        'Something answers with an old copy: look for a cache or a static file in front of ' +
        context.url +
        '. ' +
        restore
      );
    case 'status-restarted':
      return 'Nothing, if the restart was meant; otherwise look in the error log of NGINX.';
    case 'rulesets-failed':
      return 'Look for "wallarm" in the error log of NGINX; check memory and the files under /opt/wallarm/etc/wallarm, then restart NGINX. If it stays, call Wallarm support.';
    case 'rulesets-fallback':
      return (
        'Look in ' + synchronisationLog(context) + ' for failed downloads, check free disk space, then restart NGINX.'
      );
    case 'postanalytics-errors':
      return postanalytics(context);
    case 'segfaults':
      return 'Restart NGINX. If it goes on, collect core files (core_dumps in the settings of wallguard), the package list and the error logs, set the mode to off if the application suffers, and call Wallarm support.';
  }
}

/** Remedies where wallguard serves the statistics itself. */
function ownRemedy(code: FindingCode): string {
  switch (code) {
    case 'status-unknown':
      return 'Ask again; if it stays, look for "wallguard" in the error log of NGINX.';
    case 'status-timeout':
      return 'Look for workers that do not answer (at 100 % CPU), and raise status_service.poll_timeout only if the machine is merely slow.';
    case 'status-restarted':
      return 'Nothing, if the restart was meant; otherwise look in the error log of NGINX.';
    default:
      return 'wallguard serves this address itself: check that NGINX runs with the conf.d/wallguard.conf that was generated last and that nothing else listens on status_service.listen (ss -ltnp); run wallguard generate and reload.';
  }
}

/** Where the vendor keeps its default server. Source: wallarm-node.md 1.1. */
function configurationFile(flavour: ServiceContext['flavour']): string {
  switch (flavour) {
    case 'aio':
      return '/etc/nginx/wallarm-status.conf';
    case 'ingress':
      return 'the configuration that the Ingress controller writes';
    default:
      return '/etc/nginx/conf.d/wallarm-status.conf';
  }
}

function restoreDefault(context: ServiceContext): string {
  if (context.flavour === 'ingress') {
    return 'The controller writes this server itself: look for snippets that change it, and restart the pod.';
  }
  let text =
    'Restore the default lines of ' +
    configurationFile(context.flavour) +
    ' (wallguard generate writes them where the file is missing) and restart NGINX.';
  if (context.flavour === 'docker') {
    text +=
      ' The image leaves the file out when nginx.conf is your own: make "### Wallarm default ###" its first line or set RENDER_STATUS_PAGE.';
  }
  if (context.generation === 5) {
    text +=
      ' If the address was moved on purpose, set status_endpoint in node.yaml and the URL in the collectd file too.';
  }
  return text;
}

function postanalytics(context: ServiceContext): string {
  if (context.generation === 5) {
    return 'Restart NGINX, then check the wallarm-tarantool process (ps aux | grep wallarm-tarantool; systemctl restart wallarm) and /opt/wallarm/var/log/wallarm/tarantool-out.log.';
  }
  const processes = context.generation === 7 ? '/opt/wallarm/usr/bin/wd ctl -j status' : 'systemctl status wallarm';
  return (
    'Restart NGINX, then check the wstore process (' + processes + ') and /opt/wallarm/var/log/wallarm/wstore-out.log.'
  );
}

function synchronisationLog(context: ServiceContext): string {
  return context.generation === 7 ? '/opt/wallarm/var/log/wallarm/wd.log' : '/opt/wallarm/var/log/wallarm/wcli-out.log';
}

function address(context: ServiceContext): string {
  return context.url.replace(/^http:\/\/([^/]*).*$/, '$1');
}
