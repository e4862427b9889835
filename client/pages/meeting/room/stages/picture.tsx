/** One moving picture. It tells the media how large it is shown, so that the server sends no more than that. */
import { useEffect, useRef } from "preact/hooks";
import type { MediaSource } from "../../../../../rooms/contract/document/schema.ts";
import { useRoom } from "../model.ts";

export interface PictureProps {
  track: MediaStreamTrack;
  label: string;
  fit: "cover" | "contain";
  /** One's own face, as in a mirror. */
  mirrored?: boolean;
  /** Whose picture the server sends; absent for one's own. */
  participantId?: string;
  source?: MediaSource;
}

export function Picture({ track, label, fit, mirrored, participantId, source }: PictureProps) {
  const { media } = useRoom();
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = new MediaStream([track]);
    return () => element.srcObject = null;
  }, [track]);

  useEffect(() => {
    const element = video.current;
    if (element === null || participantId === undefined || source === undefined) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      const ratio = devicePixelRatio;
      media.setPictureSize(
        participantId,
        source,
        Math.round(width * ratio),
        Math.round(height * ratio),
      );
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      media.setPictureSize(participantId, source, 0, 0);
    };
  }, [media, participantId, source]);

  return (
    <video
      ref={video}
      class={`picture picture-${fit} ${mirrored ? "picture-mirrored" : ""}`}
      autoplay
      playsInline
      muted
      aria-label={label}
    />
  );
}
