/**
 * What is known about directives: where each may stand and how many arguments it takes.
 */

/** Contexts a directive may stand in, as nginx.org names them; `if in location` is an `if` inside a location. */
export type DirectiveContext =
  | 'main'
  | 'events'
  | 'http'
  | 'server'
  | 'location'
  | 'if in server'
  | 'if in location'
  | 'limit_except'
  | 'upstream'
  | 'mail'
  | 'mail server'
  | 'stream'
  | 'stream server'
  | 'stream upstream'
  | 'mgmt'
  | 'any';

/** One form of a directive. A name may have several (`server` in http, stream, mail, upstream). */
export interface DirectiveForm {
  readonly contexts: readonly DirectiveContext[];
  /** Fewest and most arguments; `max` undefined: any number. */
  readonly min: number;
  readonly max: number | undefined;
  /** `on` or `off` is the only argument. */
  readonly flag: boolean;
  readonly block: boolean;
  /** As documented; undefined when there is none or it is not known. */
  readonly defaultValue: string | undefined;
  /** Such as `ngx_http_core_module`; `wallarm`, `modsecurity`. */
  readonly module: string;
  /** First version that knows it: of NGINX, or of the node for `wallarm_*`. */
  readonly since?: string;
  /** What to use instead, or why it is out of use. */
  readonly deprecated?: string;
  /** Whether variables are evaluated in its arguments; undefined: not known. */
  readonly acceptsVariable?: boolean;
  /** Where this comes from: the very build that will read the configuration, or the shipped reference. */
  readonly source: 'build' | 'reference';
}

/** Lookup by name. */
export interface DirectiveTable {
  /** Empty: the name is not known. */
  forms(name: string): readonly DirectiveForm[];
  /** Known names, for "did you mean". */
  names(): readonly string[];
  /** Whether the table lists every directive the build knows: binary and all loaded modules were read. */
  readonly complete: boolean;
}
