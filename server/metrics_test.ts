import { expect } from "@std/expect";
import { Metrics } from "./metrics.ts";

Deno.test("collected numbers become counters and gauges by their names", async () => {
  const metrics = new Metrics();
  metrics.collect(() => ({ roomsOpen: 2, updates_total: 7 }));
  const text = await metrics.render();
  expect(text).toContain("# TYPE lectern_rooms_open gauge\nlectern_rooms_open 2\n");
  expect(text).toContain("# TYPE lectern_updates_total counter\nlectern_updates_total 7\n");
});

Deno.test("a source that fails leaves the others readable", async () => {
  const metrics = new Metrics();
  metrics.collect(() => Promise.reject(new Error("media process is gone")));
  metrics.collect(() => ({ rooms: 1 }));
  expect(await metrics.render()).toContain("lectern_rooms 1");
});

Deno.test("requests are counted by route, with cumulative buckets", async () => {
  const metrics = new Metrics();
  metrics.request("GET", "/api/v1/meetings/:meetingId", 200, 7);
  metrics.request("GET", "/api/v1/meetings/:meetingId", 200, 300);
  metrics.request("BREW", "/", 404, 1);
  const text = await metrics.render();
  expect(text).toContain(
    'lectern_http_requests_total{method="GET",route="/api/v1/meetings/:meetingId",status="200"} 2',
  );
  expect(text).toContain('method="other"');
  expect(text).toContain('_bucket{le="0.01"} 2\n');
  expect(text).toContain('_bucket{le="0.5"} 3\n');
  expect(text).toContain('_bucket{le="+Inf"} 3\n');
});
