/** From the request line to the route. Pure. */
import { nearest } from "../values/nearest.ts";
import { ApiError } from "./apiError.ts";
import { bad, readQuery } from "./requestFields.ts";
import type { Route } from "./route.ts";

export interface Found {
  readonly route: Route;
  readonly selector: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Longer than any path that means something. */
const LONGEST_PATH = 2048;

/** @throws ApiError ERR_NO_SUCH_PATH (with the nearest), ERR_METHOD (with Allow), ERR_BAD_REQUEST */
export function findRoute(routes: readonly Route[], method: string, url: string): Found {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  if (path.length > LONGEST_PATH) throw new ApiError("ERR_NO_SUCH_PATH", "the path is longer than any that there is");
  const segments = path.split("/").slice(1);
  const there = routes.filter((route) => fits(route.path, segments));
  if (there.length === 0) throw noSuchPath(routes, path, segments);
  const route = there.find((one) => one.method === method);
  if (route === undefined) {
    const allowed = there.map((one) => one.method).join(", ");
    throw new ApiError("ERR_METHOD", `${path} can't be asked with ${method}`, `use ${allowed}`, { Allow: allowed });
  }
  const at = route.path.split("/").slice(1).indexOf(":selector");
  const selector = at === -1 ? "" : decode(segments[at] ?? "");
  const query = readQuery(new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1)), route.query);
  return { route, selector, query };
}

function fits(path: string, segments: readonly string[]): boolean {
  const wanted = path.split("/").slice(1);
  return (
    wanted.length === segments.length &&
    wanted.every((part, index) => (part === ":selector" ? segments[index] !== "" : part === segments[index]))
  );
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw bad(`the selector ${segment} is not percent-encoded as it should be`, 'write "web/0" as web%2F0');
  }
}

function noSuchPath(routes: readonly Route[], path: string, segments: readonly string[]): ApiError {
  const candidates = routes.map((route) => {
    const parts = route.path.split("/").slice(1);
    return `/${parts.map((part, index) => (part === ":selector" ? (segments[index] ?? part) : part)).join("/")}`;
  });
  const near = nearest(path.slice(0, 200), candidates);
  const shown = JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}…` : path);
  const split = /^\/v1\/services\/[^/]+\/\d+(\/|$)/.test(path) ? "an instance is one segment: web%2F0" : undefined;
  const hint = split ?? (near === undefined ? "see /v1/openapi.json" : `did you mean ${near}?`);
  return new ApiError("ERR_NO_SUCH_PATH", `there is no ${shown} here`, hint);
}
