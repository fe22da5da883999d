/** Shapes of what was read from disk. A key that no shape names is left alone: a newer version may have written it. */

/** The first fault, ".spec.ready.on: is no text", or undefined. A path is put together only when there is something to say. */
export type Shape = (value: unknown) => string | undefined;

export const text: Shape = (value) => (typeof value === "string" ? undefined : ": is no text");

export const bool: Shape = (value) => (typeof value === "boolean" ? undefined : ": is no truth value");

export const number: Shape = (value) => (typeof value === "number" && Number.isFinite(value) ? undefined : ": is no number");

export const count: Shape = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? undefined : ": is no whole number";

export function orNull(shape: Shape): Shape {
  return (value) => (value === null ? undefined : shape(value));
}

export function oneOf(...values: readonly unknown[]): Shape {
  return (value) => (values.includes(value) ? undefined : `: is none of ${values.map((known) => JSON.stringify(known)).join(", ")}`);
}

export function anyOf(...shapes: readonly Shape[]): Shape {
  return (value) => (shapes.some((shape) => shape(value) === undefined) ? undefined : ": is of no known kind");
}

export function list(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return ": is no list";
    for (const [index, item] of value.entries()) {
      const fault = shape(item);
      if (fault !== undefined) return `[${index}]${fault}`;
    }
    return undefined;
  };
}

export function record(shape: Shape): Shape {
  return (value) => {
    if (!isObject(value)) return ": is no object";
    for (const [key, item] of Object.entries(value)) {
      const fault = shape(item);
      if (fault !== undefined) return `.${key}${fault}`;
    }
    return undefined;
  };
}

export function object(keys: Readonly<Record<string, Shape>>): Shape {
  const shapes = Object.entries(keys);
  return (value) => {
    if (!isObject(value)) return ": is no object";
    for (const [key, shape] of shapes) {
      const fault = Object.hasOwn(value, key) ? shape(value[key]) : ": is missing";
      if (fault !== undefined) return `.${key}${fault}`;
    }
    return undefined;
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
