import { expect } from "@std/expect";
import { MAX_SHOWN, Messages } from "./messages.ts";

Deno.test("The same words are not shown twice at a time", () => {
  const messages = new Messages();
  messages.say("Ada muted you.");
  messages.say("Ada muted you.");
  expect(messages.shown.value.length).toBe(1);
  messages.close();
});

Deno.test("A question stays when passing messages pile up", () => {
  const messages = new Messages();
  const id = messages.ask("Unmute?", [{ label: "Yes", run: () => {} }]);
  for (let count = 0; count < MAX_SHOWN * 2; count++) messages.say(`message ${count}`);
  expect(messages.shown.value.length).toBe(MAX_SHOWN);
  expect(messages.shown.value.some((message) => message.id === id)).toBe(true);
  messages.close();
});

Deno.test("Announcing the same words again changes what is read aloud", () => {
  const messages = new Messages();
  messages.announce("Mia raised a hand");
  const first = messages.announced.value;
  messages.announce("Mia raised a hand");
  expect(messages.announced.value).not.toBe(first);
});
