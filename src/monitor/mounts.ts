/** Mounted file systems that can fill up: /proc/self/mountinfo, see proc_pid_mountinfo(5). Pure. */

export interface Mount {
  /** The mount point. */
  readonly path: string;
  /** "8:1": what files in it have for a device, as far as the file system has one. */
  readonly device: string;
  /** "/dev/sda1", "tmpfs" */
  readonly source: string;
  readonly type: string;
  readonly readOnly: boolean;
}

/** They hold no files that somebody could fill them with. */
const PSEUDO = new Set(
  (
    "autofs bdev binder binfmt_misc bpf cgroup cgroup2 configfs cpuset debugfs devpts devtmpfs efivarfs fuse.gvfsd-fuse " +
    "fuse.lxcfs fuse.portal fusectl hugetlbfs mqueue nfsd nsfs pipefs proc pstore ramfs rootfs rpc_pipefs securityfs " +
    "selinuxfs smackfs sockfs sysfs tracefs"
  ).split(" "),
);
/** Images that are full by their nature. */
const IMAGES = new Set(["squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs"]);

/**
 * Each mount that counts, the uppermost where several are on one point.
 *
 * @param text of mountinfo
 */
export function parseMounts(text: string): readonly Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , device = "", , point = "", options = ""] = before.split(" ");
    const [type = "", source = "", superOptions = ""] = after.split(" ");
    if (point === "" || type === "") continue;
    const path = plain(point);
    // What was mounted there before can't be seen any more.
    mounts.delete(path);
    const readOnly = hasOption(options, "ro") || hasOption(superOptions, "ro");
    mounts.set(path, { path, device, source: plain(source), type, readOnly });
  }
  return [...mounts.values()].filter(({ type }) => !PSEUDO.has(type));
}

/** The one that a path is on: the longest mount point above it. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const isAbove = mount.path === "/" || path === mount.path || path.startsWith(`${mount.path}/`);
    if (isAbove && mount.path.length >= (found?.path.length ?? 0)) found = mount;
  }
  return found;
}

/**
 * Those that are worth a look: on disks, each device once (a bind mount is no file system of its own), and those that the
 * paths are on, whatever they are.
 */
export function chooseMounts(mounts: readonly Mount[], paths: readonly string[]): readonly Mount[] {
  const asked = new Set(paths.flatMap((path) => mountOf(path, mounts) ?? []));
  const chosen = new Map<string, Mount>();
  for (const mount of mounts) {
    const isDisk = mount.source.startsWith("/") && !IMAGES.has(mount.type);
    if (!isDisk && !asked.has(mount)) continue;
    const known = chosen.get(mount.device);
    // Under the name that was asked for; else the one that is nearest to the root.
    const isBetter =
      known === undefined ||
      (asked.has(mount) && !asked.has(known)) ||
      (asked.has(mount) === asked.has(known) && mount.path.length < known.path.length);
    if (isBetter) chosen.set(mount.device, mount);
  }
  return [...chosen.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function hasOption(options: string, name: string): boolean {
  return options.split(",").includes(name);
}

/** Blanks, tabs, newlines and backslashes are octal. */
function plain(text: string): string {
  return text.includes("\\")
    ? Buffer.from(
        text.replaceAll(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8))),
        "latin1",
      ).toString()
    : Buffer.from(text, "latin1").toString();
}
