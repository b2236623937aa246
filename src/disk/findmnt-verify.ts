// Owns reading what findmnt(8) says with --verify, and what of it a change of fstab brings about. Pure.

/** `/data/jts/hot`, then `   [E] unreachable …` for each complaint; or `findmnt: …: parse error at line 3 -- ignored`. */
export function parseComplaints(output: string): readonly string[] {
  let about = '';
  const said: string[] = [];
  for (const line of output.split('\n')) {
    // Said by the time at which the file was written.
    if (line.includes('systemd still uses the old version')) continue;
    if (/^\s+\[[EW]\]/.test(line)) said.push(`${about}: ${line.trim()}`);
    else if (/^findmnt: /.test(line)) said.push(line.replace(/^findmnt: /, ''));
    else if (line !== '' && !/^\s/.test(line)) about = line;
  }
  return said;
}

/** Those that are more often in the second. */
export function freshComplaints(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...before];
  return after.filter((one) => {
    const at = left.indexOf(one);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}
