/** What the hand reaches for: one's own devices, the panels, the way out. */
import {
  Ellipsis,
  Hand,
  Keyboard,
  MessageSquare,
  Mic,
  MicOff,
  ScreenShare,
  ScreenShareOff,
  Users,
  Video,
  VideoOff,
} from "lucide-preact";
import { IconButton } from "../../../../design/icon_button.tsx";
import { Menu, MenuItem } from "../../../../design/menu.tsx";
import { canShareScreen } from "../../../../media/devices.ts";
import { DeviceMenu, DeviceMenuItems } from "./device_menu.tsx";
import { LeaveMenu } from "./leave_menu.tsx";
import { useRoom } from "../model.ts";
import { setCamera, setMicrophone, toggleHand, toggleScreen } from "../own_media.ts";
import { SaveIndicator } from "./save_indicator.tsx";
import { narrow } from "../stages/screen_size.ts";

export function BottomBar() {
  return narrow.value ? <NarrowBar /> : <WideBar />;
}

function WideBar() {
  const model = useRoom();
  return (
    <footer class="bottom-bar">
      <SaveIndicator />
      <div class="controls" role="group" aria-label="Your controls">
        <MicrophoneButton />
        <CameraButton />
        <DeviceMenu />
        {canShareScreen() && <ShareButton />}
        <HandButton />
        <ChatButton />
        <PeopleButton />
        <IconButton
          icon={Keyboard}
          label="All keys"
          shortcut="?"
          onClick={() => model.view.question.value = "keys"}
        />
      </div>
      <LeaveMenu />
    </footer>
  );
}

function NarrowBar() {
  const model = useRoom();
  const { view, connection } = model;
  const sharing = model.media.screen.value.on;
  const waiting = connection.waiting.value.length;
  return (
    <footer class="bottom-bar">
      <div class="controls" role="group" aria-label="Your controls">
        <MicrophoneButton />
        <CameraButton />
        <HandButton />
        <ChatButton />
        <Menu
          label={waiting > 0 ? `More, ${waiting} waiting` : "More"}
          testId="more"
          button={
            <>
              <Ellipsis size={20} aria-hidden="true" />
              {waiting > 0 && <span class="count">{waiting}</span>}
            </>
          }
        >
          <MenuItem icon={Users} label="People" onSelect={() => view.togglePanel("people")} />
          {canShareScreen() && (
            <MenuItem
              icon={sharing ? ScreenShareOff : ScreenShare}
              label={sharing ? "Stop sharing your screen" : "Share your screen"}
              onSelect={() => void toggleScreen(model)}
            />
          )}
          <hr class="menu-rule" />
          <DeviceMenuItems />
          <hr class="menu-rule" />
          <div class="menu-foot">
            <SaveIndicator />
          </div>
        </Menu>
      </div>
    </footer>
  );
}

function MicrophoneButton() {
  const model = useRoom();
  const { on } = model.devices.microphone.value;
  return (
    <IconButton
      icon={on ? Mic : MicOff}
      label={on ? "Mute the microphone" : "Unmute the microphone"}
      shortcut="M"
      off={!on}
      testId="microphone"
      onClick={() => void setMicrophone(model, !on)}
    />
  );
}

function CameraButton() {
  const model = useRoom();
  const { on } = model.devices.camera.value;
  return (
    <IconButton
      icon={on ? Video : VideoOff}
      label={on ? "Switch the camera off" : "Switch the camera on"}
      shortcut="V"
      off={!on}
      testId="camera"
      onClick={() => void setCamera(model, !on)}
    />
  );
}

function ShareButton() {
  const model = useRoom();
  const { on } = model.media.screen.value;
  return (
    <IconButton
      icon={on ? ScreenShareOff : ScreenShare}
      label={on ? "Stop sharing your screen" : "Share your screen"}
      shortcut="S"
      pressed={on}
      disabled={!on && !model.room.permissions.value.share}
      testId="share"
      onClick={() => void toggleScreen(model)}
    />
  );
}

function HandButton() {
  const model = useRoom();
  const raised = model.me?.hand != null;
  return (
    <IconButton
      icon={Hand}
      label={raised ? "Lower your hand" : "Raise your hand"}
      shortcut="H"
      pressed={raised}
      testId="hand"
      onClick={() => void toggleHand(model)}
    />
  );
}

function ChatButton() {
  const { view, chat } = useRoom();
  const unread = chat.unread.value;
  return (
    <IconButton
      icon={MessageSquare}
      label={unread > 0 ? `Chat, ${unread} unread` : "Chat"}
      shortcut="C"
      expanded={view.panel.value === "chat"}
      testId="chat"
      onClick={() => view.togglePanel("chat")}
    >
      {unread > 0 && <span class="count" data-testid="unread">{unread > 99 ? "99+" : unread}</span>}
    </IconButton>
  );
}

function PeopleButton() {
  const { view, connection } = useRoom();
  const waiting = connection.waiting.value.length;
  return (
    <IconButton
      icon={Users}
      label={waiting > 0 ? `People, ${waiting} waiting` : "People"}
      shortcut="P"
      expanded={view.panel.value === "people"}
      testId="people"
      onClick={() => view.togglePanel("people")}
    >
      {waiting > 0 && <span class="count">{waiting}</span>}
    </IconButton>
  );
}
