import type { Settings } from '../../../schema/settings.ts';
import type { ColdSettings, HotSettings } from '../../../schema/runtime.ts';
import { durationMs } from './units.ts';

/** The file whose counted heads are read back, and whether it is the telemetry itself. */
export function headsFile({ telemetry }: Settings): { path: string; isTelemetry: boolean } {
  const file = telemetry.sinks.find((sink): sink is { file: string } => 'file' in sink);
  return file !== undefined && telemetry.sample_clean === 1
    ? { path: file.file, isTelemetry: true }
    : { path: telemetry.heads_file, isTelemetry: false };
}

/** Generation of the Wallarm node; 0 when there is none. */
export function generation(settings: Settings): ColdSettings['generation'] {
  return settings.engine === 'wallarm' ? (Number(settings.node.version[0]) as 5 | 6 | 7) : 0;
}

export function hotSettings({ engine, telemetry: { redact } }: Settings): HotSettings {
  return {
    engine,
    redactQueryKeys: redact.query_keys.map((key) => key.toLowerCase()),
    address: redact.address,
    hmacKey: redact.hmac_key ?? '',
  };
}

/** @param languages  codes offered by the blocking page, the first is the fallback */
export function coldSettings(settings: Settings, version: string, languages: readonly string[]): ColdSettings {
  const heads = headsFile(settings);
  return {
    ...hotSettings(settings),
    version,
    applications: [
      { id: -1, name: 'default', inspected: settings.mode !== 'off' },
      ...settings.applications.map(({ id, name, mode = settings.mode }) => ({ id, name, inspected: mode !== 'off' })),
    ],
    blockPage: {
      status: settings.block_page.status,
      showAddress: settings.block_page.show_address,
      supportEmail: settings.block_page.support_email ?? '',
      languages,
    },
    statusService: {
      url: `http://${settings.status_service.listen}/wallarm-status`,
      pollTimeoutMs: durationMs(settings.status_service.poll_timeout),
      cacheMs: durationMs(settings.status_service.cache),
      // NGINX writes its buffer, then the reader comes round.
      settleMs: durationMs(settings.telemetry.flush) + 1000,
    },
    node: { version: settings.node.version, flavour: settings.node.flavour },
    generation: generation(settings),
    headsFile: heads.path,
    headsAreTelemetry: heads.isTelemetry,
    flushMs: durationMs(settings.telemetry.flush),
    // A syslog message is one line.
    linesPerDelivery: settings.telemetry.sinks.some((sink) => 'syslog' in sink) ? 1 : 50,
    auditLog: settings.engine === 'modsecurity' ? settings.modsecurity.audit_log : '',
    monitorUrl: `http://${settings.monitor.listen}`,
  };
}

/**
 * `function wallguardSettings() { return {…}; }`, to be prepended to a bundle. It costs nothing until it is called and
 * works on both engines, unlike `js_preload_object` (njs-capabilities.md 4.2).
 */
export function settingsFunction(settings: HotSettings | ColdSettings): string {
  return `function wallguardSettings() {\n  return ${asciiJson(settings)};\n}\n`;
}

/** JSON that is also JavaScript on every engine: no byte over 0x7e. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replace(/\n/g, '\n  ')
    .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
