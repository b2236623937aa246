// Owns how long this process asks name servers. The C library does the look-up: it cannot be cancelled, and the process
// ends no earlier than it does.

/** resolv.conf(5), RES_OPTIONS: seconds for each server and round; by default five and two. A value that is set already stays. */
export function limitNameLookups(): void {
  process.env['RES_OPTIONS'] ??= 'timeout:2 attempts:2';
}
