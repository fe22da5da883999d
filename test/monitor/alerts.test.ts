import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { alertBody, alertTitle, headerText, type Notice } from "../../src/monitor/alerts.ts";
import { AlertQueue, MOST_WAITING } from "../../src/monitor/alertsQueue.ts";
import { readAlertRoutes } from "../../src/monitor/alertsRoutes.ts";
import { AlertThrottle } from "../../src/monitor/alertsThrottle.ts";

function trouble(at: number, key = "web/0 failed") {
  return { key, subject: "web/0", title: "failed", message: `${key}: exit status 3`, at, since: at };
}

function notice(more: Partial<Notice> = {}): Notice {
  return { ...trouble(1_700_000_000_000), kind: "failing", count: 1, ...more };
}

test("what flaps is told once, with its recovery, and once more with a count when the window is over and it fails", () => {
  const throttle = new AlertThrottle(100);
  const told: string[] = [];
  const tell = (one: Notice | null) => {
    if (one !== null) told.push(`${one.at} ${one.kind} ${one.count}`);
  };
  for (const at of [0, 20, 40, 60]) {
    tell(throttle.failing(trouble(at)));
    if (at < 60) tell(throttle.recovered(trouble(at + 10)));
  }
  for (const one of throttle.due(99)) tell(one);
  for (const one of throttle.due(100)) tell(one);
  tell(throttle.recovered(trouble(110)));
  tell(throttle.recovered(trouble(111)));
  for (const one of throttle.due(500)) tell(one);
  assert.deepEqual(told, ["0 failing 1", "10 recovered 1", "100 failing 3", "110 recovered 1"]);
  assert.deepEqual(throttle.failures, []);
});

test("whatever happens, a window has one alert of a thing at the most, and what fails for good is told", () => {
  const step = fc.record({ after: fc.integer({ min: 1, max: 80 }), fails: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const throttle = new AlertThrottle(100);
      const alerts: number[] = [];
      let at = 0;
      let told: string | null = null;
      const tell = (one: Notice | null | undefined) => {
        if (one == null) return;
        told = one.kind;
        if (one.kind === "failing") alerts.push(at);
      };
      let fails = false;
      for (const step of steps) {
        at += step.after;
        tell(throttle.due(at)[0]);
        fails = step.fails;
        tell(fails ? throttle.failing(trouble(at)) : throttle.recovered(trouble(at)));
      }
      at += 200;
      tell(throttle.due(at)[0]);
      assert.ok(
        alerts.every((one, index) => index === 0 || one - (alerts[index - 1] ?? 0) >= 100),
        String(alerts),
      );
      if (steps.length > 0 && (fails || told !== null)) assert.equal(told, fails ? "failing" : "recovered");
    }),
  );
});

test("a route that fails is tried again later and later, up to an hour, and half of it is chance", () => {
  const queue = new AlertQueue();
  queue.add(notice(), 0);
  let now = 0;
  const delays: number[] = [];
  for (let attempt = 0; attempt < 14; attempt++) {
    assert.ok(queue.next(now) !== undefined, `at ${now}`);
    assert.equal(queue.next(now), undefined, "one at a time");
    queue.failed("it is dead", now, 1);
    const { nextAt } = queue;
    assert.ok(nextAt !== null);
    delays.push(nextAt - now);
    assert.equal(queue.next(nextAt - 1), undefined);
    now = nextAt;
  }
  assert.deepEqual(delays.slice(0, 4), [5000, 10_000, 20_000, 40_000]);
  assert.deepEqual(delays.slice(-3), [3_600_000, 3_600_000, 3_600_000]);
  queue.next(now);
  queue.failed("still", now, 0);
  assert.equal((queue.nextAt ?? 0) - now, 1_800_000);
  assert.equal(queue.next(48 * 3_600_000), undefined, "given up after a day");
  assert.deepEqual([queue.waiting.length, queue.dropped], [0, 1]);
});

test("what waits already has one notice with both counts, and what is refused is given up", () => {
  const queue = new AlertQueue();
  queue.add(notice({ key: "other" }), 0);
  queue.next(0);
  queue.add(notice({ message: "first" }), 1);
  queue.add(notice({ kind: "recovered" }), 2);
  queue.add(notice({ message: "second", count: 3 }), 3);
  assert.deepEqual(
    queue.waiting.map(({ notice: { key, kind, count, message } }) => [key, kind, count, message].join()),
    [
      "other,failing,1,web/0 failed: exit status 3",
      "web/0 failed,failing,4,second",
      "web/0 failed,recovered,1,web/0 failed: exit status 3",
    ],
  );
  queue.failed("400", 4, 0, true);
  assert.deepEqual([queue.dropped, queue.next(4)?.notice.message], [1, "second"]);
  queue.succeeded();
  assert.equal(queue.next(4)?.notice.kind, "recovered");
});

test("no more than 200 wait: the oldest of what is told of later as well goes first, then the oldest", () => {
  const queue = new AlertQueue();
  for (let index = 0; index < MOST_WAITING - 1; index++) queue.add(notice({ key: `k${index}` }), index);
  queue.add(notice({ key: "k7", kind: "recovered" }), 500);
  queue.add(notice({ key: "new" }), 501);
  const keys = () => queue.waiting.map(({ notice: { key, kind } }) => `${key} ${kind}`);
  assert.deepEqual([queue.waiting.length, keys().includes("k7 failing"), keys().includes("k7 recovered")], [MOST_WAITING, false, true]);
  queue.add(notice({ key: "newer" }), 502);
  assert.deepEqual([queue.waiting.length, keys()[0], queue.dropped], [MOST_WAITING, "k1 failing", 2]);
});

test("bodies for Slack, ntfy, and everybody else", () => {
  const one = notice({ message: "a <b> & c", count: 2 });
  assert.deepEqual(JSON.parse(alertBody("slack", one, "alpha").body), {
    text: "*[alpha] FAILING web/0: failed (2 times)*\na &lt;b&gt; &amp; c",
  });
  const ntfy = alertBody("ntfy", notice({ subject: "wéb\n/0" }), "alpha");
  assert.deepEqual([ntfy.body, ntfy.headers.Priority], ["web/0 failed: exit status 3", "high"]);
  assert.match(ntfy.headers.Title ?? "", /^=\?UTF-8\?B\?/);
  const json = JSON.parse(alertBody("json", one, "alpha").body);
  assert.deepEqual([json.version, json.host, json.kind, json.at, json.count], [1, "alpha", "failing", "2023-11-14T22:13:20.000Z", 2]);
});

test("a title is one line of ASCII in a header, whatever a service is called", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (subject) => {
      const title = headerText(alertTitle(notice({ subject }), "alpha"));
      assert.match(title, /^[\x20-\x7e]*$/);
      for (const word of title.split(" ")) if (word.startsWith("=?")) assert.ok(word.length <= 75, word);
    }),
  );
});

test("routes are named without their secrets, and two of a name are told apart", () => {
  const { routes, mistakes } = readAlertRoutes([
    { webhook: "https://user:pw@hooks.slack.com/services/T0/B0/SECRET" },
    { webhook: "https://hooks.slack.com/other" },
    { webhook: "https://ntfy.sh/topic", name: "phone" },
    { exec: ["/opt/page-me.sh", "SECRET"], cwd: "/opt" },
    { mail: "a@example.com, b@example.com", smtp: "smtps://me%40x:SECRET@mail.example.com" },
  ]);
  assert.deepEqual(mistakes, []);
  assert.deepEqual(
    routes.map(({ name }) => name),
    ["webhook hooks.slack.com", "webhook hooks.slack.com #2", "phone", "exec page-me.sh", "mail a@example.com"],
  );
  assert.deepEqual(
    routes.map((route) => (route.kind === "webhook" ? route.format : route.kind)),
    ["slack", "slack", "ntfy", "exec", "mail"],
  );
  const [, , , , mail] = routes;
  assert.deepEqual(mail?.kind === "mail" && mail.smtp, {
    ...{ host: "mail.example.com", port: 465, secure: true, user: "me@x", password: "SECRET" },
  });
});

for (const [entry, message] of [
  [{}, 'alerts[0]: it has none of "webhook", "exec" and "mail"'],
  [{ webhook: "ftp://x" }, "alerts[0].webhook: it is no URL such as https://example.com/alerts"],
  [{ webhook: "http://x", format: "teams" }, 'alerts[0].format: it is none of "json", "slack", "ntfy"'],
  [{ mail: "a@b>\r\nRCPT TO:<c@d" }, "alerts[0].mail: it has no mail address such as ops@example.com"],
  [{ mail: "a@b", smtp: "mail.example.com" }, 'alerts[0].smtp: it is no address such as "smtp://mail.example.com:587"'],
] as const) {
  test(`a mistake in a route is told: ${JSON.stringify(entry)}`, () => {
    assert.deepEqual(readAlertRoutes([entry]), { routes: [], mistakes: [message] });
  });
}
