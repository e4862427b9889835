/** Which microphone, camera and loudspeaker. Empty lists show nothing to choose. */
import { Level } from "../../../media/level.tsx";
import type { DeviceInfo, Devices } from "../../../media/devices.ts";

export function DevicePickers({ devices }: { devices: Devices }) {
  const { microphones, cameras, speakers } = devices.lists.value;
  const choices = devices.choices.value;
  const microphone = devices.microphone.value;
  return (
    <>
      <Picker
        label="Microphone"
        list={microphones}
        chosen={choices.microphoneId}
        onChoose={(id) => void devices.chooseMicrophone(id)}
        meter={microphone.on ? microphone.track : null}
      />
      <Picker
        label="Camera"
        list={cameras}
        chosen={choices.cameraId}
        onChoose={(id) => void devices.chooseCamera(id)}
      />
      {speakers.length > 1 && (
        <Picker
          label="Loudspeaker"
          list={speakers}
          chosen={choices.speakerId}
          onChoose={(id) => devices.chooseSpeaker(id)}
        />
      )}
    </>
  );
}

interface PickerProps {
  label: string;
  list: readonly DeviceInfo[];
  chosen: string | null;
  onChoose: (id: string | null) => void;
  meter?: MediaStreamTrack | null;
}

const DEFAULT = "";

function Picker({ label, list, chosen, onChoose, meter }: PickerProps) {
  if (list.length === 0) return null;
  const known = list.some((device) => device.id === chosen);
  return (
    <div class="lobby-picker">
      <label class="label" for={`pick-${label}`}>{label}</label>
      <select
        id={`pick-${label}`}
        class="select"
        value={known && chosen !== null ? chosen : DEFAULT}
        onChange={(event) => onChoose(event.currentTarget.value || null)}
      >
        <option value={DEFAULT}>System default</option>
        {list.map((device, index) => (
          <option key={device.id} value={device.id}>
            {device.label || `${label} ${index + 1}`}
          </option>
        ))}
      </select>
      {meter && <Level track={meter} />}
    </div>
  );
}
