import { expect } from "@std/expect";
import type {
  Manifest,
  Marker,
  TrackManifest,
} from "../../../../rooms/contract/recording/manifest.ts";
import { withSteadyPictures } from "./steady_pictures.ts";

const screen: TrackManifest = {
  trackId: "t",
  participantId: "ada",
  source: "screen",
  kind: "video",
  codec: "vp8",
  mimeType: 'video/webm; codecs="vp8"',
  width: 1280,
  height: 720,
  startMs: 10_000,
  durationMs: 10_100,
  bytes: 1,
  headerBytes: 1,
  spans: [{ fromMs: 10_000, toMs: 10_050 }, { fromMs: 15_000, toMs: 15_050 }, {
    fromMs: 20_000,
    toMs: 20_100,
  }],
};

function tracksOf(tracks: TrackManifest[], markers: Marker[]): TrackManifest[] {
  const manifest = { tracks, markers, durationMs: 60_000 } as Partial<Manifest> as Manifest;
  return withSteadyPictures(manifest).tracks;
}

Deno.test("a shared screen on which nothing moves is shown until it was ended", () => {
  const marker = { type: "screen", atMs: 9500, toMs: 24_000, participantId: "ada" } as const;
  const [steady] = tracksOf([screen], [marker]);
  expect(steady).toMatchObject({
    durationMs: 14_000,
    spans: [{ fromMs: 10_000, toMs: 24_000 }],
  });
  const [going] = tracksOf([screen], [{ ...marker, toMs: null }]);
  expect(going!.spans).toEqual([{ fromMs: 10_000, toMs: 60_000 }]);
});

Deno.test("another's share and an earlier one say nothing of this screen; a camera stays as it is", () => {
  const markers: Marker[] = [
    { type: "screen", atMs: 1000, toMs: 8000, participantId: "ada" },
    { type: "screen", atMs: 9500, toMs: 50_000, participantId: "mia" },
  ];
  const camera: TrackManifest = { ...screen, source: "video" };
  const [steady, same] = tracksOf([screen, camera], markers);
  expect(steady!.spans).toEqual([{ fromMs: 10_000, toMs: 20_100 }]);
  expect(same).toEqual(camera);
});

Deno.test("a camera that stalls for a moment is there all the same, one that rests for longer isn't", () => {
  const camera: TrackManifest = {
    ...screen,
    source: "video",
    spans: [{ fromMs: 0, toMs: 4000 }, { fromMs: 6500, toMs: 9000 }, {
      fromMs: 15_000,
      toMs: 16_000,
    }],
  };
  const sound: TrackManifest = { ...camera, source: "audio", kind: "audio" };
  const [steady, same] = tracksOf([camera, sound], []);
  expect(steady!.spans).toEqual([{ fromMs: 0, toMs: 9000 }, { fromMs: 15_000, toMs: 16_000 }]);
  expect(same).toEqual(sound);
});
