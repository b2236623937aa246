// Owns how long this process asks name servers. A look-up is the C library's: it cannot be called off, and the process
// ends no earlier than it does.

/** resolv.conf(5), RES_OPTIONS: seconds for each server and round; by default five and two. What is set already stays. */
export function limitNameLookups(): void {
  process.env['RES_OPTIONS'] ??= 'timeout:2 attempts:2';
}
