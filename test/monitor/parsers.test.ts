/** What the kernel's files say, by their texts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceName } from "../../src/monitor/deletedFiles.ts";
import { directoriesOf, filesOf } from "../../src/monitor/diskEntries.ts";
import { differenceOf, diskSample, parseDisks } from "../../src/monitor/disks.ts";
import { parseLoad, parseMemory, parsePressure, parseProcessors, shareOf } from "../../src/monitor/host.ts";
import { chooseMounts, mountOf, parseMounts } from "../../src/monitor/mounts.ts";
import { parseStat, stat } from "../../src/monitor/processStat.ts";
import { bytes } from "../../src/monitor/procFile.ts";

function parsed(text: string): boolean {
  bytes.fill(0x29);
  return parseStat(bytes.write(text, "latin1"));
}

const NUMBERS = "1 2 77 0 -1 4194560 10 0 20 0 500 250 40 60 20 0 7 0 123456789 9437184 1024 18446744073709551615 1 1";

for (const name of ["cat", "a b", ") R 9 9 9", "((x", ""]) {
  test(`a program may be called ${JSON.stringify(name)}`, () => {
    assert.ok(parsed(`42 (${name}) S ${NUMBERS}\n`));
    assert.deepEqual(
      { ...stat },
      {
        ...{ state: 83, parent: 1, session: 77, flags: 4194560, ticks: 750, childTicks: 100 },
        ...{ threads: 7, startTime: 123456789, residentPages: 1024 },
      },
    );
  });
}

test("half a line, and none, are no stat", () => {
  for (const text of ["", "42", "42 (cat", "42 (cat) S 1 2 3\n"]) assert.equal(parsed(text), false, JSON.stringify(text));
});

test("processors: guests are in their users' ticks already, steal is nobody's, ticks that go back make no negative share", () => {
  const before = parseProcessors("cpu  100 0 50 800 20 5 5 20 70 0\ncpu0 1 1 1\ncpu1 1 1 1\nintr 5\n");
  assert.deepEqual(before, { busy: 160, total: 1000, processors: 2 });
  const now = { busy: 260, total: 1200, processors: 2 };
  assert.equal(shareOf(before, now), 1);
  assert.equal(shareOf(before, before), null);
  assert.equal(shareOf(now, before), null);
  assert.equal(shareOf(before, { ...now, busy: 150 }), 0);
});

test("load, memory and pressure", () => {
  assert.deepEqual(parseLoad("0.25 1.50 3.00 2/300 4711\n"), [0.25, 1.5, 3]);
  assert.deepEqual(parseMemory("MemTotal:  100 kB\nMemFree: 1 kB\nMemAvailable:   50 kB\nSwapTotal: 8 kB\nSwapFree: 4 kB\n"), {
    ...{ total: 102400, available: 51200, swapTotal: 8192, swapFree: 4096 },
  });
  assert.deepEqual(parsePressure("some avg10=12.50 avg60=1.00 avg300=0.00 total=5\nfull avg10=2.00 avg60=0 avg300=0 total=1\n"), {
    ...{ some: 0.125, full: 0.02 },
  });
  assert.deepEqual(parsePressure("some avg10=1.00 avg60=0 avg300=0 total=5\n"), { some: 0.01, full: 0 });
});

test("disks: whole ones only, and their rates", () => {
  const text =
    " 8 0 sda 10 0 2000 5 20 0 4000 9 0 500 14 0 0 0 0\n 8 1 sda1 1 0 1 1 1 0 1 1 0 1 1\n 7 0 loop0 1 0 1 1 1 0 1 1 0 1 1\nnonsense\n";
  const counters = parseDisks(text, (name) => name === "sda");
  assert.deepEqual([...counters], [["sda", { read: 2000, written: 4000, busy: 500 }]]);
  const after = { read: 4000, written: 4000, busy: 1000 };
  assert.deepEqual(diskSample("sda", counters.get("sda"), after, 1000), { name: "sda", readRate: 1_024_000, writeRate: 0, busy: 0.5 });
  assert.deepEqual(diskSample("sda", undefined, after, 1000), { name: "sda", readRate: null, writeRate: null, busy: null });
  assert.deepEqual(diskSample("sda", after, { ...after, busy: 9000 }, 1000).busy, 1);
});

test("counters that wrap go on, those that are reset say nothing", () => {
  assert.equal(differenceOf(10, 30), 20);
  assert.equal(differenceOf(2 ** 32 - 5, 5), 10);
  assert.equal(differenceOf(1000, 0), null);
  assert.equal(differenceOf(2 ** 40, 5), null);
});

const MOUNTS = [
  "22 27 0:21 / /proc rw,relatime - proc proc rw",
  "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard",
  "28 27 254:0 /srv /data rw - ext4 /dev/vda rw",
  "29 27 254:1 / /my\\040disk rw - ext4 /dev/vdb ro,errors=remount-ro",
  "30 27 0:30 / /tmp rw - tmpfs tmpfs rw",
  "31 27 0:31 / /run rw - tmpfs tmpfs rw",
  "32 27 7:0 / /snap/x ro - squashfs /dev/loop0 ro",
  "33 27 0:40 / /net rw - nfs4 server:/x rw",
  "34 30 0:50 / /tmp rw - tmpfs other rw",
  "",
].join("\n");

test("mounts: what can't fill up is left out, the uppermost counts, and a file system that went read-only is seen", () => {
  const mounts = parseMounts(MOUNTS);
  assert.deepEqual(
    mounts.map(({ path, device, readOnly }) => `${path} ${device} ${readOnly}`),
    [
      "/ 254:0 false",
      "/data 254:0 false",
      "/my disk 254:1 true",
      "/run 0:31 false",
      "/snap/x 7:0 true",
      "/net 0:40 false",
      "/tmp 0:50 false",
    ],
  );
  assert.equal(mountOf("/my disk/a/b", mounts)?.path, "/my disk");
  assert.equal(mountOf("/my diskette", mounts)?.path, "/");
  const paths = (...asked: string[]) => chooseMounts(mounts, asked).map(({ path }) => path);
  assert.deepEqual(paths(), ["/", "/my disk"]);
  assert.deepEqual(paths("/tmp/x", "/net"), ["/", "/my disk", "/net", "/tmp"]);
  assert.deepEqual(paths("/data/x"), ["/data", "/my disk"]);
  assert.deepEqual(paths("/snap/x"), ["/", "/my disk", "/snap/x"]);
});

test("device numbers as mountinfo writes them", () => {
  assert.equal(deviceName(0x0801), "8:1");
  assert.equal(deviceName(0xfe00), "254:0");
  assert.equal(deviceName(0x100000 + 0x03), "0:259");
});

test("what entries of a configuration want measured", () => {
  const entries = [
    { path: "/var", free: { below: "10%" } },
    { path: "/cache", size: { above: "1GiB" } },
    { path: "/cache", growth: { above: "1MiB" } },
    { path: "/etc/passwd", checksum: true },
    { path: "/app.log", content: "ERROR", checksum: false },
    { path: "/bad.log", content: "(" },
    { path: "/other.log", content: { matches: "x+" } },
  ];
  assert.deepEqual(directoriesOf(entries), ["/cache"]);
  assert.deepEqual(
    filesOf(entries).map(({ path, checksum, content }) => `${path} ${checksum} ${content}`),
    ["/cache false undefined", "/etc/passwd true undefined", "/app.log false /ERROR/", "/bad.log false undefined", "/other.log false /x+/"],
  );
});
