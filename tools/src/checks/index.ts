/** Every check there is. The list equals the files of this folder: a test holds it to that. */
import type { Check } from './check.ts';
import { check as aclAccessPhaseOff } from './acl-access-phase-off.ts';
import { check as aclDisabled } from './acl-disabled.ts';
import { check as addHeaderDropped } from './add-header-dropped.ts';
import { check as aliasTraversal } from './alias-traversal.ts';
import { check as blockPageArguments } from './block-page-arguments.ts';
import { check as blockPageDynamicPath } from './block-page-dynamic-path.ts';
import { check as blockPageNotSet } from './block-page-not-set.ts';
import { check as blockPageTarget } from './block-page-target.ts';
import { check as bodyLimitMissing } from './body-limit-missing.ts';
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
import { check as errorLogSignatures } from './error-log-signatures.ts';
import { check as headerNamesAmbiguous } from './header-names-ambiguous.ts';
import { check as ifLosesSettings } from './if-loses-settings.ts';
import { check as mergeSlashesOff } from './merge-slashes-off.ts';
import { check as modeNotSet } from './mode-not-set.ts';
import { check as modeOverride } from './mode-override.ts';
import { check as modeShadowed } from './mode-shadowed.ts';
import { check as modeVariable } from './mode-variable.ts';
import { check as modeVariableClash } from './mode-variable-clash.ts';
import { check as modsecurityAuditLog } from './modsecurity-audit-log.ts';
import { check as modsecurityBodyLimit } from './modsecurity-body-limit.ts';
import { check as modsecurityOff } from './modsecurity-off.ts';
import { check as modsecurityRuleEngine } from './modsecurity-rule-engine.ts';
import { check as modsecurityRulesMissing } from './modsecurity-rules-missing.ts';
import { check as modsecurityTransactionId } from './modsecurity-transaction-id.ts';
import { check as moduleNotLoaded } from './module-not-loaded.ts';
import { check as nginxTest } from './nginx-test.ts';
import { check as njsHazards } from './njs-hazards.ts';
import { check as postanalyticsAmbiguous } from './postanalytics-ambiguous.ts';
import { check as postanalyticsUpstream } from './postanalytics-upstream.ts';
import { check as proxyTimeoutNotSet } from './proxy-timeout-not-set.ts';
import { check as proxyTimeoutRange } from './proxy-timeout-range.ts';
import { check as proxyTimeoutStreaming } from './proxy-timeout-streaming.ts';
import { check as proxyTimeoutZero } from './proxy-timeout-zero.ts';
import { check as realipMissing } from './realip-missing.ts';
import { check as realipTrustsEveryone } from './realip-trusts-everyone.ts';
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
import { check as timeLimitBypass } from './time-limit-bypass.ts';
import { check as unknownDirective } from './unknown-directive.ts';
import { check as upstreamKeepaliveUnused } from './upstream-keepalive-unused.ts';
import { check as wallarmFileMissing } from './wallarm-file-missing.ts';
import { check as wallarmNameDeprecated } from './wallarm-name-deprecated.ts';
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
  moduleNotLoaded,
  modeNotSet,
  modeOverride,
  modeShadowed,
  modeVariable,
  modeVariableClash,
  blockPageTarget,
  blockPageArguments,
  blockPageDynamicPath,
  blockPageNotSet,
  aclAccessPhaseOff,
  aclDisabled,
  timeLimitBypass,
  postanalyticsUpstream,
  postanalyticsAmbiguous,
  wallarmFileMissing,
  wallarmNameDeprecated,
  realipMissing,
  realipTrustsEveryone,
  modsecurityOff,
  modsecurityRulesMissing,
  modsecurityRuleEngine,
  modsecurityAuditLog,
  modsecurityTransactionId,
  modsecurityBodyLimit,
  wallguardVersion,
  wallguardBundleMissing,
  wallguardServerUnprotected,
  wallguardGuardSkipped,
  wallguardTelemetryLost,
  wallguardBlockPageLost,
  wallguardMonitorExposed,
  wallguardZoneSmall,
  njsHazards,
  addHeaderDropped,
  aliasTraversal,
  mergeSlashesOff,
  headerNamesAmbiguous,
  bodyLimitMissing,
  ifLosesSettings,
  errorLogSignatures,
];
