/** All scripts work from the root of the checkout, wherever they are called from. */
import { dirname } from "node:path";

export const root = dirname(import.meta.dirname);

process.chdir(root);
