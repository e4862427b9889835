/** Changing the microphone, camera or loudspeaker during the lesson. */
import { Check, ChevronUp } from "lucide-preact";
import { Menu, MenuItem } from "../../../../design/menu.tsx";
import type { DeviceInfo, SoundMode } from "../../../../media/devices.ts";
import { useRoom } from "../model.ts";

export function DeviceMenu() {
  return (
    <Menu
      label="Choose microphone, camera and loudspeaker"
      tip="Devices"
      button={<ChevronUp size={20} aria-hidden="true" />}
      testId="devices"
    >
      <DeviceMenuItems />
    </Menu>
  );
}

export function DeviceMenuItems() {
  const { devices } = useRoom();
  const { microphones, cameras, speakers } = devices.lists.value;
  const choices = devices.choices.value;
  return (
    <>
      <Choice
        label="Microphone"
        list={microphones}
        chosen={choices.microphoneId}
        onChoose={(id) => void devices.chooseMicrophone(id)}
      />
      <SoundChoice
        chosen={choices.sound}
        onChoose={(mode) => void devices.chooseSound(mode)}
      />
      <Choice
        label="Camera"
        list={cameras}
        chosen={choices.cameraId}
        onChoose={(id) => void devices.chooseCamera(id)}
      />
      {speakers.length > 1 && (
        <Choice
          label="Loudspeaker"
          list={speakers}
          chosen={choices.speakerId}
          onChoose={(id) => devices.chooseSpeaker(id)}
        />
      )}
    </>
  );
}

const SOUNDS: readonly { mode: SoundMode; label: string; detail: string }[] = [
  { mode: "speech", label: "Speech", detail: "Without echo and noise" },
  { mode: "music", label: "Music", detail: "Stereo, as it sounds. Use headphones" },
];

interface SoundChoiceProps {
  chosen: SoundMode;
  onChoose: (mode: SoundMode) => void;
}

function SoundChoice({ chosen, onChoose }: SoundChoiceProps) {
  return (
    <div role="group" aria-label="What the microphone is for">
      <div class="menu-heading">What the microphone is for</div>
      {SOUNDS.map(({ mode, label, detail }) => (
        <MenuItem
          key={mode}
          {...(chosen === mode && { icon: Check })}
          label={label}
          detail={detail}
          checked={chosen === mode}
          testId={`sound-${mode}`}
          onSelect={() => onChoose(mode)}
        />
      ))}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  list: readonly DeviceInfo[];
  chosen: string | null;
  onChoose: (id: string | null) => void;
}

function Choice({ label, list, chosen, onChoose }: ChoiceProps) {
  const current = list.some((device) => device.id === chosen) ? chosen : null;
  return (
    <div role="group" aria-label={label}>
      <div class="menu-heading">{label}</div>
      {list.length === 0 && <p class="menu-none">None found</p>}
      {list.length > 0 && (
        <MenuItem
          {...(current === null && { icon: Check })}
          label="System default"
          checked={current === null}
          onSelect={() => onChoose(null)}
        />
      )}
      {list.map((device, index) => (
        <MenuItem
          key={device.id}
          {...(current === device.id && { icon: Check })}
          label={device.label || `${label} ${index + 1}`}
          checked={current === device.id}
          onSelect={() => onChoose(device.id)}
        />
      ))}
    </div>
  );
}
