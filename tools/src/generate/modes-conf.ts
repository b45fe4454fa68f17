import type { Application, Settings } from '../../../schema/settings.ts';
import { block, quote } from './text.ts';

/**
 * Maps from host and normalised path to application, and from application to filtration mode.
 * `$uri` is normalised and decoded, so an encoded path cannot slip into another application.
 */
export function modesHttp(settings: Settings): string[] {
  const { applications } = settings;
  return [
    ...block('map "$host$uri" $wallguard_application', [
      'default default;',
      ...applications.map(
        (application) => `${quote(`~${applicationPattern(application)}`)} ${quote(application.name)};`,
      ),
    ]),
    ...block('map $wallguard_application $wallguard_application_id', [
      'default -1;',
      ...applications.map((application) => `${quote(application.name)} ${application.id};`),
    ]),
    ...block('map $wallguard_application $wallguard_mode', [
      `default ${settings.mode};`,
      ...applications.flatMap(({ name, mode }) => (mode === undefined ? [] : [`${quote(name)} ${mode};`])),
    ]),
  ];
}

/** The modes that some request may get. */
export function modesInUse(settings: Settings): Set<string> {
  return new Set([settings.mode, ...settings.applications.flatMap(({ mode }) => mode ?? [])]);
}

/** Regular expression on `$host$uri`; a path matches whole segments: `/shop` is not `/shopping`. */
function applicationPattern({ hosts, paths }: Application): string {
  const host = hosts.length === 0 ? '[^/]*' : `(?:${hosts.map(hostPattern).join('|')})`;
  const path = paths.length === 0 ? '/' : `(?:${paths.map(pathPattern).join('|')})`;
  return `^${host}${path}`;
}

function hostPattern(host: string): string {
  return host.startsWith('*.') ? `[^/]+${escape(host.slice(1))}` : escape(host);
}

function pathPattern(path: string): string {
  return path.endsWith('/') ? escape(path) : `${escape(path)}(?:/|$)`;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
