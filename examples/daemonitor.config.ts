/**
 * A configuration with most of what there is. Every key: docs/specification.md.
 *
 *   daemonitor check -f examples/daemonitor.config.ts
 *   daemonitor apply -f examples/daemonitor.config.ts
 */
import { defineConfig } from "daemonitor/config";

export default defineConfig({
  services: {
    web: {
      command: ["node", "http-server.ts"],
      instances: 2,
      env: { NODE_ENV: "production", LOG_LEVEL: "${LOG_LEVEL:-info}" },
      sockets: { http: "tcp://127.0.0.1:8080" },
      ready: { on: "notify", timeout: "30s" },
      restart: { when: "always", limit: 5, window: "5min" },
      stop: { signal: "SIGTERM", timeout: "10s" },
      reload: { rolling: true },
      health: { http: "http://127.0.0.1:8080/health", every: "10s", failures: 3 },
      logs: { maxSize: "10MiB", maxFiles: 10, maxTotal: "200MiB" },
      checks: [{ metric: "memory", above: "512MiB", for: "3 of 5", then: "restart" }],
      dependsOn: { migrate: "completed", cache: "ready" },
    },
    cache: {
      command: "redis-server --port 6390 --save ''",
      ready: { port: 6390 },
      limits: { nofile: 10_000 },
    },
    migrate: {
      command: ["sh", "-c", "echo migrating"],
      type: "oneshot",
    },
    backup: {
      command: ["sh", "-c", "echo backing up"],
      schedule: { cron: "30 3 * * *", timeZone: "Europe/Berlin" },
      nice: 10,
      ioPriority: "idle",
    },
  },
  disk: [{ path: "/var", free: { below: "10%" }, then: ["alert", "prune-logs"] }],
  alerts: [{ exec: ["logger", "-t", "daemonitor"] }],
});
