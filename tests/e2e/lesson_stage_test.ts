/** The stages of the room in real Chromium: each person chooses, two side by side, the host brings everyone along. */
import { expect } from "@std/expect";
import { linkOf, openPerson } from "../support/browser/lectern.ts";
import { byId, enter, enterBoth, lessonTests } from "../support/browser/lesson.ts";

const test = lessonTests();

test("the host brings everyone to the code, where the room's keys rest while somebody types", async ({ lectern, browser }) => {
  const { mia, ada, errors } = await enterBoth(browser, await lectern.book());
  await mia.keyboard.press("b");
  await byId(mia, "stage-area-board").locator(".tl-canvas").waitFor();
  await byId(ada, "stage-area-talk").waitFor();

  await mia.getByRole("button", { name: "Bring everyone to a stage" }).click();
  await mia.getByRole("menuitem", { name: "Bring everyone to Code" }).click();
  await ada.getByText("Mia brought everyone to Code.").waitFor();
  const code = byId(ada, "stage-area-code");
  await code.getByRole("button", { name: "Python" }).click();
  await code.locator(".view-lines").first().click();
  await ada.keyboard.type("mvhcp");
  await code.getByText("mvhcp").first().waitFor();
  expect(await ada.getByLabel("Mute the microphone").isVisible()).toBe(true);
  expect(await ada.getByLabel("Switch the camera off").isVisible()).toBe(true);
  expect(await ada.getByLabel("Raise your hand").isVisible()).toBe(true);
  expect(await ada.getByRole("complementary").count()).toBe(0);
  await byId(mia, "stage-area-code").getByText("mvhcp").first().waitFor();

  await mia.getByRole("button", { name: "Two stages side by side" }).click();
  await byId(mia, "stage-area-board").and(mia.locator('[aria-hidden="false"]')).waitFor();
  await byId(mia, "stage-area-code").and(mia.locator('[aria-hidden="false"]')).waitFor();
  expect(await mia.getByRole("list", { name: "Faces" }).getByTestId("tile").count()).toBe(2);
  expect(errors).toEqual([]);
});

test("a phone turns from stage to stage, with the faces small above them", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const person = await openPerson(browser, {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  const ada = await enter(person, linkOf(booking, "Ada"));
  for (const stage of ["board", "code"]) {
    await byId(ada, `stage-${stage}`).tap();
    await byId(ada, `stage-area-${stage}`).and(ada.locator('[aria-hidden="false"]')).waitFor();
    const face = await ada.getByRole("list", { name: "Faces" }).getByTestId("tile").boundingBox();
    expect(face?.width).toBe(60);
  }
  expect(await ada.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  expect(person.errors).toEqual([]);
});
