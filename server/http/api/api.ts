/** `/api/v1`: everything that the booking system may ask, and the description of it. */
import { Hono } from "hono";
import { type KeyCheckDeps, requireApiKey } from "./api_key.ts";
import { apiDocs, DOCS_HEADERS } from "./api_docs.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { type KeyDeps, keyOperations } from "./key_operations.ts";
import { type LinkDeps, linkOperations } from "./link_operations.ts";
import { type MeetingDeps, meetingOperations } from "./meeting_operations.ts";
import { openApiDocument } from "./openapi.ts";
import type { Operation } from "./operation.ts";
import { type IdempotencyDeps, operationRoutes } from "./operation_routes.ts";
import { WEBHOOKS } from "./webhook_events.ts";
import { type ThumbnailDeps, thumbnailOperations } from "./thumbnail_operations.ts";
import { type WebhookDeps, webhookOperations } from "./webhook_operations.ts";
import { type RecordingOperationDeps, recordingOperations } from "./recording_operations.ts";

/** What the operations use, all together. */
export type OperationDeps =
  & MeetingDeps
  & ThumbnailDeps
  & LinkDeps
  & RecordingOperationDeps
  & WebhookDeps
  & KeyDeps;

type Deps = OperationDeps & KeyCheckDeps & IdempotencyDeps & Uses<{ version: true }>;

/** Every operation of the booking API. */
export function apiOperations(deps: OperationDeps): Operation[] {
  return [
    ...meetingOperations(deps),
    ...thumbnailOperations(deps),
    ...linkOperations(deps),
    ...recordingOperations(deps),
    ...webhookOperations(deps),
    ...keyOperations(deps),
  ];
}

export function apiRoutes(deps: Deps): Hono<HttpEnv> {
  const operations = apiOperations(deps);
  const document = openApiDocument(operations, WEBHOOKS, deps);
  const page = apiDocs(document);
  const routes = new Hono<HttpEnv>();
  routes.get("/v1/openapi.json", (context) => context.json(document));
  routes.get("/docs", (context) => context.body(page, 200, DOCS_HEADERS));
  routes.use("/v1/*", requireApiKey(deps));
  routes.route("/v1", operationRoutes(operations, deps));
  return routes;
}
