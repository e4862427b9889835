import { expect } from "@std/expect";
import { ClientIds } from "./client_ids.ts";
import type { Replica } from "./document/replica.ts";
import type { ClientIdStore } from "./ports.ts";

/** Bindings in memory, and a document in which somebody wrote under these ids. */
async function openIds(limit: number, written: readonly number[] = []) {
  const bound = new Map<number, string>();
  const store: ClientIdStore = {
    load: () => Promise.resolve(new Map(bound)),
    bind(_meetingId, clientId, participantId) {
      if (!bound.has(clientId)) bound.set(clientId, participantId);
      return Promise.resolve(bound.get(clientId) === participantId);
    },
    release(_meetingId, clientIds) {
      for (const clientId of clientIds) bound.delete(clientId);
      return Promise.resolve();
    },
  };
  const document = new Set(written);
  const replica = { knowsClient: (id: number) => document.has(id) } as Replica;
  const open = async () => {
    const ids = new ClientIds("m", store, limit);
    await ids.load();
    return ids;
  };
  return { ids: await open(), open, bound, document, replica };
}

Deno.test("somebody who loads the page a thousand times is let in each time, and leaves few ids", async () => {
  const { ids, bound, document, replica } = await openIds(8);
  for (let page = 1; page <= 1000; page++) {
    await ids.bind("ada", [page], { replica, page: page - 1 });
    expect(ids.of("ada").has(page)).toBe(true);
    if (page % 100 === 0) document.add(page);
  }
  expect(ids.of("ada").size).toBe(8);
  expect(bound.size).toBeLessThanOrEqual(8 + 10);
  // What she drew on is hers still.
  await expect(ids.bind("ben", [100], { replica, page: null }))
    .rejects.toMatchObject({ code: "conflict" });
});

Deno.test("a retired id that was written under comes back to its owner, one that wasn't to anybody", async () => {
  const { ids, open, document, replica } = await openIds(2);
  await ids.bind("ada", [1, 2], { replica, page: 2 });
  document.add(1).add(2);
  await ids.bind("ada", [3, 4], { replica, page: null });
  expect([...ids.of("ada")]).toEqual([3, 4]);
  await ids.bind("ada", [1], { replica, page: 4 });
  expect([...ids.of("ada")]).toEqual([4, 1]);
  await ids.bind("ben", [3], { replica, page: null });
  const reopened = await open();
  await expect(reopened.bind("ada", [3], { replica, page: null }))
    .rejects.toMatchObject({ code: "conflict" });
  await reopened.bind("ada", [2], { replica, page: null });
});

Deno.test("an id under which the server wrote is nobody's", async () => {
  const { ids, replica } = await openIds(8, [5]);
  await expect(ids.bind("ada", [5], { replica, page: null }))
    .rejects.toMatchObject({ code: "conflict" });
});

Deno.test("the open page's id and those of the claim stay, however many they are", async () => {
  const { ids, replica } = await openIds(2);
  await ids.bind("ada", [1], { replica, page: null });
  await ids.bind("ada", [2, 3, 4], { replica, page: 1 });
  expect([...ids.of("ada")]).toEqual([1, 2, 3, 4]);
});
