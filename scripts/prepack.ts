/** Fills dist/ and prebuilds/ from nothing, so that a package holds only what these sources give. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import "./root.ts";

const prebuilt = `prebuilds/${process.platform}-${process.arch}`;

rmSync("dist", { recursive: true, force: true });
for (const script of ["build-native", "build-dist"]) execFileSync(process.execPath, [`scripts/${script}.ts`], { stdio: "inherit" });
mkdirSync(prebuilt, { recursive: true });
for (const file of ["daemonitor.node", "daemonitor-init"]) copyFileSync(`build/${file}`, `${prebuilt}/${file}`);
