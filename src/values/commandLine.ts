/** The entries of /proc/PID/cmdline, byte for byte: every one ends with a NUL, see proc_pid_cmdline(5). */
export function splitCommandLine(bytes: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
    entries.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return entries;
}
