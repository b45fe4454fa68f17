/** Every check there is. The list equals the files of this folder: a test holds it to that. */
import type { Check } from './check.ts';
import { check as coreDumpDirectoryAccess } from './core-dump-directory-access.ts';
import { check as coreDumpDirectoryMissing } from './core-dump-directory-missing.ts';
import { check as coreDumpDirectoryTemporary } from './core-dump-directory-temporary.ts';
import { check as coreDumpLimitCapped } from './core-dump-limit-capped.ts';
import { check as coreDumpNotConfigured } from './core-dump-not-configured.ts';
import { check as coreDumpPattern } from './core-dump-pattern.ts';
import { check as coreDumpSize } from './core-dump-size.ts';
import { check as coreDumpSpace } from './core-dump-space.ts';
import { check as directiveArguments } from './directive-arguments.ts';
import { check as directiveContext } from './directive-context.ts';
import { check as nginxTest } from './nginx-test.ts';
import { check as njsHazards } from './njs-hazards.ts';
import { check as proxyTimeoutNotSet } from './proxy-timeout-not-set.ts';
import { check as proxyTimeoutRange } from './proxy-timeout-range.ts';
import { check as proxyTimeoutStreaming } from './proxy-timeout-streaming.ts';
import { check as proxyTimeoutZero } from './proxy-timeout-zero.ts';
import { check as statusServiceAccess } from './status-service-access.ts';
import { check as statusServiceDefaultLines } from './status-service-default-lines.ts';
import { check as statusServiceElsewhere } from './status-service-elsewhere.ts';
import { check as statusServiceExposed } from './status-service-exposed.ts';
import { check as statusServiceFormat } from './status-service-format.ts';
import { check as statusServiceMissing } from './status-service-missing.ts';
import { check as statusServiceNotAlone } from './status-service-not-alone.ts';
import { check as statusServiceRelocated } from './status-service-relocated.ts';
import { check as statusServiceShadowed } from './status-service-shadowed.ts';
import { check as suppressionMalformed } from './suppression-malformed.ts';
import { check as suppressionUnused } from './suppression-unused.ts';
import { check as syntax } from './syntax.ts';
import { check as unknownDirective } from './unknown-directive.ts';
import { check as upstreamKeepaliveUnused } from './upstream-keepalive-unused.ts';
import { check as wallguardBlockPageLost } from './wallguard-block-page-lost.ts';
import { check as wallguardBundleMissing } from './wallguard-bundle-missing.ts';
import { check as wallguardGuardSkipped } from './wallguard-guard-skipped.ts';
import { check as wallguardMonitorExposed } from './wallguard-monitor-exposed.ts';
import { check as wallguardServerUnprotected } from './wallguard-server-unprotected.ts';
import { check as wallguardTelemetryLost } from './wallguard-telemetry-lost.ts';
import { check as wallguardVersion } from './wallguard-version.ts';
import { check as wallguardZoneSmall } from './wallguard-zone-small.ts';

export const checks: readonly Check[] = [
  syntax,
  unknownDirective,
  directiveContext,
  directiveArguments,
  nginxTest,
  suppressionMalformed,
  suppressionUnused,
  coreDumpNotConfigured,
  coreDumpDirectoryMissing,
  coreDumpDirectoryAccess,
  coreDumpDirectoryTemporary,
  coreDumpSize,
  coreDumpSpace,
  coreDumpLimitCapped,
  coreDumpPattern,
  proxyTimeoutNotSet,
  proxyTimeoutZero,
  proxyTimeoutRange,
  proxyTimeoutStreaming,
  upstreamKeepaliveUnused,
  statusServiceMissing,
  statusServiceDefaultLines,
  statusServiceAccess,
  statusServiceExposed,
  statusServiceFormat,
  statusServiceShadowed,
  statusServiceElsewhere,
  statusServiceNotAlone,
  statusServiceRelocated,
  wallguardVersion,
  wallguardBundleMissing,
  wallguardServerUnprotected,
  wallguardGuardSkipped,
  wallguardTelemetryLost,
  wallguardBlockPageLost,
  wallguardMonitorExposed,
  wallguardZoneSmall,
  njsHazards,
];
