/** The services of an `apply`, and what it says of disks and alerts. */
import { nameMistake } from "../service/names.ts";
import type { ServiceSpec } from "../service/specTypes.ts";
import { type MonitorConfig, readMonitorConfig } from "../supervisor/state/monitorShape.ts";
import { readDesiredService } from "../supervisor/state/serviceShape.ts";
import { given } from "../values/valueError.ts";
import { bad } from "./requestFields.ts";

/**
 * Checked by shape: a specification is what checkConfig made of a configuration, with every default filled in.
 *
 * @throws ApiError ERR_BAD_REQUEST that names the first key at fault
 */
export function readServices(list: readonly unknown[]): readonly ServiceSpec[] {
  const names = new Set<string>();
  return list.map((spec, index) => {
    const path = `services[${index}]`;
    const read = readDesiredService({ spec, wanted: true }, path);
    if ("fault" in read) {
      throw bad(read.fault.replace(`${path}.spec`, path), "make it with defineConfig and checkConfig, as daemonitor apply does");
    }
    const { name } = read.service.spec;
    const mistake = nameMistake(name);
    if (mistake !== undefined) throw bad(`${path}.name: ${mistake}`);
    if (names.has(name)) throw bad(`${path}.name: there are two services ${given(name)}`, "give each a name of its own");
    names.add(name);
    return read.service.spec;
  });
}

/** @throws ApiError ERR_BAD_REQUEST that names the first key at fault */
export function readMonitor(value: unknown): MonitorConfig {
  const read = readMonitorConfig(value, "monitor");
  if ("fault" in read) throw bad(read.fault, "make it with defineConfig and checkConfig, as daemonitor apply does");
  return read.monitor;
}
