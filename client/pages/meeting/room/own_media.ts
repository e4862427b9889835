/** The person's own microphone, camera, screen and hand, as the buttons, the keys and the host's questions use them. */
import { adviceFor } from "../../../words/device_advice.ts";
import type { RoomModel } from "./model.ts";

export async function setMicrophone(model: RoomModel, on: boolean): Promise<void> {
  await model.attempt(model.media.setMicrophone(on));
  const { trouble } = model.devices.microphone.value;
  if (on && trouble !== null) sayTrouble(model, "microphone");
}

export async function setCamera(model: RoomModel, on: boolean): Promise<void> {
  await model.attempt(model.media.setCamera(on));
  const { trouble } = model.devices.camera.value;
  if (on && trouble !== null) sayTrouble(model, "camera");
}

function sayTrouble(model: RoomModel, kind: "microphone" | "camera"): void {
  const { trouble } = model.devices[kind].value;
  if (trouble === null) return;
  const { happened, now } = adviceFor(kind, trouble);
  model.messages.say(`${happened} ${now.replace("press Try again", "press the button again")}`);
}

export async function toggleScreen(model: RoomModel): Promise<void> {
  if (model.media.screen.value.on) {
    await model.attempt(model.media.stopScreen());
    return;
  }
  if (!model.room.permissions.value.share) {
    model.messages.say("The host shares the screen in this lesson. Ask them to let you.");
    return;
  }
  await model.attempt(model.media.startScreen());
}

export async function toggleHand(model: RoomModel): Promise<void> {
  const raised = model.me?.hand != null;
  if (await model.command("participant.setHand", { raised: !raised })) {
    model.messages.announce(raised ? "Your hand is down" : "Your hand is up");
  }
}
