/** Start, stop, restart, reload: asked for once more, then done, then told. */
import type { ActionResult } from "../src/dashboard/wire.ts";
import { element } from "./dom.ts";
import { post, RequestError } from "./request.ts";

export type Action = "start" | "stop" | "restart" | "reload";

const WORDS: Readonly<Record<Action, string>> = { start: "Start", stop: "Stop", restart: "Restart", reload: "Reload" };

/** A button for it; `label` names what it is about to those who can't see where it stands. */
export function actionButton(action: Action, selector: string): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", class: `action ${action}`, "aria-label": `${WORDS[action]} ${selector}` },
    WORDS[action],
  );
  button.addEventListener("click", () => void perform(action, selector, button));
  return button;
}

async function perform(action: Action, selector: string, button: HTMLButtonElement): Promise<void> {
  if (!(await confirmed(action, selector))) return;
  button.disabled = true;
  try {
    const { instances } = await post<ActionResult>("/api/act", { action, selector });
    for (const { name, outcome, state, why } of instances) {
      tell(outcome === "done" ? `${name} is ${state}` : `${name}: ${why}`, outcome === "done" || outcome === "pending");
    }
  } catch (error) {
    tell(
      error instanceof RequestError
        ? `${error.message}${error.hint === null ? "" : `: ${error.hint}`}`
        : "the dashboard's server does not answer",
      false,
    );
  } finally {
    button.disabled = false;
  }
}

/** A dialog of the browser's own kind keeps the focus inside, and ends with Escape. */
function confirmed(action: Action, selector: string): Promise<boolean> {
  return new Promise((resolve) => {
    const title = element("h2", { id: "confirm-title" }, `${WORDS[action]} ${selector}?`);
    const dialog = element("dialog", { "aria-labelledby": "confirm-title" });
    const answer = (yes: boolean) => () => {
      dialog.returnValue = yes ? "yes" : "";
      dialog.close(dialog.returnValue);
    };
    const cancel = element("button", { type: "button", click: answer(false) }, "Cancel");
    const confirm = element("button", { type: "button", class: `primary ${action}`, click: answer(true) }, WORDS[action]);
    dialog.append(title, element("div", { class: "buttons" }, cancel, confirm));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    (action === "start" ? confirm : cancel).focus();
  });
}

/** A line at the edge of the page that goes by itself. */
export function tell(text: string, isGood: boolean): void {
  const toast = element("p", { class: isGood ? "toast" : "toast bad" }, text);
  document.querySelector("#toasts")?.append(toast);
  setTimeout(() => toast.remove(), isGood ? 5000 : 12_000);
}
