/** Help with a microphone or camera that doesn't come. One notice when both have the same trouble. */
import { Notice } from "../../../design/notice.tsx";
import type { Devices, DeviceTrouble } from "../../../media/devices.ts";
import { adviceFor, type DeviceKind } from "../../../words/device_advice.ts";

function troublesOf(devices: Devices): { kind: DeviceKind; trouble: DeviceTrouble }[] {
  const microphone = devices.microphone.value.trouble;
  const camera = devices.camera.value.trouble;
  if (microphone !== null && microphone === camera) return [{ kind: "both", trouble: camera }];
  return [
    ...(microphone === null ? [] : [{ kind: "microphone" as const, trouble: microphone }]),
    ...(camera === null ? [] : [{ kind: "camera" as const, trouble: camera }]),
  ];
}

export function DeviceHelp({ devices }: { devices: Devices }) {
  const again = (kind: DeviceKind) => {
    if (kind !== "camera") void devices.setMicrophone(true);
    if (kind !== "microphone") void devices.setCamera(true);
  };
  return (
    <>
      {troublesOf(devices).map(({ kind, trouble }) => {
        const advice = adviceFor(kind, trouble);
        return (
          <Notice key={kind} testId={`trouble-${trouble}`}>
            <p>
              <strong>{advice.happened}</strong> {advice.now} You can join without{" "}
              {kind === "both" ? "them" : "it"}.
            </p>
            {advice.retry && (
              <button type="button" class="button" onClick={() => again(kind)}>Try again</button>
            )}
          </Notice>
        );
      })}
    </>
  );
}
