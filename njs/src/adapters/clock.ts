/** Unix time in milliseconds. */
export function nowMs(): number {
  return Date.now();
}

/** Waits; only in handlers that may be asynchronous (`js_content`, `js_periodic`). */
export function pause(ms: number): Promise<void> {
  return new Promise<void>(function (resolve) {
    setTimeout(resolve, ms);
  });
}
