/** The browser's storage goes away in the middle of a lesson: what is written still reaches the server and the others. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { linkOf, openPerson, until } from "../support/browser/lectern.ts";
import { openCode, shownText, upload } from "../support/browser/code_lesson.ts";
import { byId, lessonTests, type Stage } from "../support/browser/lesson.ts";

const test = lessonTests();

/** Every call of IndexedDB that the keeping of a document makes. */
const CALLS = [
  "IDBFactory.open",
  "IDBFactory.deleteDatabase",
  "IDBDatabase.transaction",
  "IDBTransaction.objectStore",
  "IDBObjectStore.add",
  "IDBObjectStore.getAll",
  "IDBObjectStore.count",
  "IDBObjectStore.openCursor",
] as const;

/** Runs in a page before everything else: `globalThis.breakStorage` makes a call of IndexedDB throw from then on. */
function breakable(): void {
  Object.assign(globalThis, {
    breakStorage(call: string) {
      const [name = "", method = ""] = call.split(".");
      const { prototype } = Reflect.get(globalThis, name) as { prototype: object };
      Reflect.set(prototype, method, () => {
        throw new DOMException("broken by the test", "UnknownError");
      });
    },
  });
}

/** A lesson in its code; `early` breaks a call in Mia's page before the room is open. */
async function openBoth({ lectern, browser }: Stage, early?: string) {
  const booking = await lectern.book();
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  await tutor.context.addInitScript(breakable);
  if (early !== undefined) {
    await tutor.context.addInitScript(`globalThis.breakStorage(${JSON.stringify(early)})`);
  }
  const [mia, ada] = [tutor.page, student.page];
  await Promise.all([openCode(mia, linkOf(booking, "Mia")), openCode(ada, linkOf(booking, "Ada"))]);
  return { mia, ada, context: tutor.context };
}

const tab = (page: Page, name: string) => page.getByRole("tab", { name, exact: true });

/** Writes on both sides; each sees what the other wrote, and both are saved. */
async function bothWrite(mia: Page, ada: Page, round: string): Promise<void> {
  await upload(mia, { [`mia-${round}.js`]: "1" });
  await tab(ada, `mia-${round}.js`).waitFor();
  await upload(ada, { [`ada-${round}.js`]: "2" });
  await tab(mia, `ada-${round}.js`).waitFor();
  await byId(mia, "saved").getByText("Saved").waitFor();
}

const lostNotice = (page: Page) =>
  page.getByText("Your browser no longer keeps your changes on this device").first();

test("storage that is cleared in a lesson costs nobody an edit, is said, and is used again", async (stage) => {
  const { mia, ada, context } = await openBoth(stage);
  await bothWrite(mia, ada, "before");
  // The words leave again by themselves.
  const said = lostNotice(mia).waitFor({ timeout: 120_000 });
  said.catch(() => {});
  const devtools = await context.newCDPSession(mia);
  await devtools.send("Storage.clearDataForOrigin", {
    origin: stage.lectern.origin,
    storageTypes: "all",
  });
  await bothWrite(mia, ada, "after");
  await said;
  // The tab itself keeps its place in the lesson.
  await mia.reload();
  await byId(mia, "room").waitFor();
  await byId(mia, "stage-code").click();
  for (const name of ["mia-before.js", "ada-before.js", "mia-after.js", "ada-after.js"]) {
    await tab(mia, name).waitFor();
  }
  // Kept again by the new page, with everything.
  await until(() => keptBytes(mia), (bytes) => bytes > 0);
});

/** Bytes that this page's origin keeps of documents. */
function keptBytes(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const databases = await indexedDB.databases();
    let bytes = 0;
    for (const { name = "" } of databases) {
      if (!name.startsWith("lectern:document:")) continue;
      const opening = indexedDB.open(name);
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      const asked = db.transaction("updates").objectStore("updates").getAll();
      const updates = await new Promise<Uint8Array[]>((resolve, reject) => {
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      });
      db.close();
      for (const update of updates) bytes += update.byteLength;
    }
    return bytes;
  });
}

test("no call of IndexedDB that throws in a lesson costs an edit, and what stops the keeping is said", async (stage) => {
  const { mia, ada } = await openBoth(stage);
  // The words leave again by themselves.
  const said = lostNotice(mia).waitFor({ timeout: 120_000 });
  said.catch(() => {});
  for (const call of CALLS) {
    await mia.evaluate((call) => Reflect.get(globalThis, "breakStorage")(call), call);
    await bothWrite(mia, ada, call);
  }
  await said;
  expect(await shownText(mia)).toBe("1");
});

for (const call of CALLS) {
  test(`a lesson is opened and written in where ${call} throws from the start`, async (stage) => {
    const { mia, ada } = await openBoth(stage, call);
    await bothWrite(mia, ada, "once");
  });
}
