/** The mirror: what the others will see and hear of you. */
import { Mic, MicOff, Video, VideoOff } from "lucide-preact";
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "../../../design/avatar.tsx";
import { IconButton } from "../../../design/icon_button.tsx";
import type { Devices } from "../../../media/devices.ts";
import { Dots } from "../../../design/page.tsx";

export function Preview({ devices, name }: { devices: Devices; name: string }) {
  const microphone = devices.microphone.value;
  const camera = devices.camera.value;
  return (
    <section class="preview" aria-label="How you look and sound">
      <div class="preview-frame">
        {camera.track ? <Mirror track={camera.track} /> : (
          <div class="preview-empty">
            {camera.opening ? <Dots /> : <Avatar name={name} size={84} />}
            <span>{camera.opening ? "Starting the camera" : "Your camera is off"}</span>
          </div>
        )}
      </div>
      <div class="preview-controls">
        <IconButton
          icon={microphone.on ? Mic : MicOff}
          label={microphone.on ? "Mute the microphone" : "Switch the microphone on"}
          off={!microphone.on}
          testId="lobby-microphone"
          onClick={() => void devices.setMicrophone(!microphone.on)}
        />
        <IconButton
          icon={camera.on ? Video : VideoOff}
          label={camera.on ? "Switch the camera off" : "Switch the camera on"}
          off={!camera.on}
          testId="lobby-camera"
          onClick={() => void devices.setCamera(!camera.on)}
        />
      </div>
    </section>
  );
}

function Mirror({ track }: { track: MediaStreamTrack }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = new MediaStream([track]);
  }, [track]);
  return <video ref={video} autoplay playsInline muted aria-label="Your camera" />;
}
